import Foundation
import PageKit

/// A password that was made for somebody. The browser of whoever added them keeps it, sealed, until the page has shown it; we keep
/// nothing.
struct MadePassword: Codable {
    static let path: LinkTarget = "/users/made"
    /// How long it waits to be seen.
    static let lifetime = Duration.seconds(600)
    /// What is shown in its place.
    static let gone = Paragraph("It is shown once. An admin can give the person another one.").html

    let name: String
    let text: String

    init(name: String, text: String) { (self.name, self.text) = (name, text) }

    init?(bytes: [UInt8]) {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
        self = read
    }

    var bytes: [UInt8] { (try? Array(JSONEncoder().encode(self))) ?? [] }

    var html: HTML { "\(Paragraph("It is shown once, here. Tell it \(name):"))\(Code("Password", text))" }
}
