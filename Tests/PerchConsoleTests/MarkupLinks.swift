import Foundation

extension String {
    /// Where the link with these words leads.
    func link(_ words: String) -> String? {
        guard let end = range(of: ">\(words)</a>") else { return nil }
        guard let start = self[..<end.lowerBound].range(of: "href=\"", options: .backwards) else { return nil }
        let target = self[start.upperBound...].prefix { $0 != "\"" }
        return String(target).replacing("&amp;", with: "&")
    }

    /// The first link that begins so.
    func firstLink(to prefix: String) -> String? {
        guard let start = range(of: "href=\"\(prefix)") else { return nil }
        return prefix + String(self[start.upperBound...].prefix { $0 != "\"" })
    }
}
