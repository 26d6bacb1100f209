import HTTPTypes
package import Hummingbird
import NIOCore
import OpenSSL

/// Style sheet, script and icon of all pages. They are part of the program; their addresses carry the hash of what they are, so
/// a browser keeps them for good.
package struct Assets: Sendable {
    /// One of them.
    package enum Asset: String, CaseIterable, Sendable {
        case style = "page.css"
        case script = "page.js"
        case icon = "icon.svg"

        /// As it is sent.
        package var bytes: [UInt8] {
            switch self {
            case .style: PackageResources.page_css
            case .script: ScriptText.sent(PackageResources.page_js)
            case .icon: PackageResources.icon_svg
            }
        }

        var mediaType: String {
            switch self {
            case .style: "text/css; charset=utf-8"
            case .script: "text/javascript; charset=utf-8"
            case .icon: "image/svg+xml"
            }
        }
    }

    /// The assets of this program.
    package static let shared = Assets()

    /// 16 hexadecimal digits, of all of them together.
    private let hash: String

    /// Each as it is sent.
    private let bytes: [Asset: [UInt8]]

    private init() {
        let bytes = Dictionary(uniqueKeysWithValues: Asset.allCases.map { ($0, $0.bytes) })
        let all = Asset.allCases.flatMap { SHA256.hash(bytes[$0] ?? []) }
        self.bytes = bytes
        hash = SHA256.hash(all).prefix(8).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// `/assets/0a1b2c3d4e5f6071/page.css`
    package func path(of asset: Asset) -> String { "/assets/\(hash)/\(asset.rawValue)" }

    /// Answers GET and HEAD of each; an address of another version is not found.
    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for asset in Asset.allCases {
            let path = RouterPath(path(of: asset))
            router.on(path, method: .get) { _, _ in response(asset, isHead: false) }
            router.on(path, method: .head) { _, _ in response(asset, isHead: true) }
        }
    }

    private func response(_ asset: Asset, isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = asset.mediaType
        headers[.cacheControl] = "public, max-age=31536000, immutable"
        let body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes[asset] ?? []))
        let response = Response(status: .ok, headers: headers, body: body)
        return isHead ? response.createHeadResponse() : response
    }
}
