import Foundation
import HTTPKit
import HTTPTypes
package import Hummingbird
import NIOCore

/// What a form sent, or the query of an address. All of it comes from strangers.
package struct FormFields: Sendable {
    /// The largest body of a form.
    package static let largest = 256 * 1024
    /// The most fields: each costs more than its bytes.
    static let most = 1000

    private let fields: [(name: String, value: String)]

    /// Reads the body of a POST.
    ///
    /// - Throws: `HTTPError`: 415 where it is no form, 413 where it has more than 256 KiB, 400 where it is not percent-encoded UTF-8
    ///   or has too many fields, 408 where it came too slowly.
    package init(of request: Request) async throws {
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.filter({ $0 != " " }) == "application/x-www-form-urlencoded" else {
            throw HTTPError(.unsupportedMediaType, message: "Expected a form.")
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.largest)
        } catch is NIOTooManyBytesError {
            throw HTTPError(.contentTooLarge, message: "A form may have \(Self.largest) bytes.")
        } catch is BodyTookTooLong {
            throw HTTPError(.requestTimeout, message: "The form came too slowly.")
        } catch {
            throw HTTPError(.badRequest, message: "The form does not come to its end.")
        }
        guard let text = String(validating: Array(buffer: body), as: UTF8.self) else {
            throw HTTPError(.badRequest, message: "The form is not UTF-8.")
        }
        try self.init(parsing: text)
    }

    /// Reads what stands in a body, or behind the `?` of an address.
    ///
    /// - Throws: `HTTPError` 400, as above.
    package init(parsing text: String) throws {
        var fields: [(String, String)] = []
        for pair in text.split(separator: "&") {
            guard fields.count < Self.most else { throw HTTPError(.badRequest, message: "Too many fields.") }
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count == 2 ? parts[1] : "") else {
                throw HTTPError(.badRequest, message: "The fields are not percent-encoded UTF-8.")
            }
            fields.append((name, value))
        }
        self.fields = fields
    }

    /// A field that comes once; nil where it is not there, or there twice: that means different things to different readers.
    package subscript(_ name: String) -> String? {
        let found = all(name)
        return found.count == 1 ? found[0] : nil
    }

    /// All values of a field, such as what was ticked in a list.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
    }

    /// The names of all fields, each once.
    package var names: [String] { unknown(besides: []) }

    /// The names that are not among these, each once: they are told, and not ignored.
    package func unknown(besides known: Set<String>) -> [String] {
        var told: Set<String> = []
        return fields.map(\.name).filter { !known.contains($0) && told.insert($0).inserted }
    }

    private static func decoded(_ text: Substring) -> String? {
        String(text).replacing("+", with: " ").removingPercentEncoding
    }
}
