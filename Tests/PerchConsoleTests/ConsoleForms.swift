import Foundation
import Perch
import Postgres

/// A form of a page that is sent by POST, as it stands there.
struct ShownForm: Sendable {
    let action: String
    var fields: [(String, String)]

    /// The same with another value of a field.
    func with(_ name: String, _ value: String) -> ShownForm {
        var form = self
        form.fields = fields.filter { $0.0 != name } + [(name, value)]
        return form
    }

    func without(_ name: String) -> ShownForm {
        var form = self
        form.fields = fields.filter { $0.0 != name }
        return form
    }
}

extension ConsoleClient.Answer {
    /// The forms of the page that change something, with what stands in their fields of one line.
    var forms: [ShownForm] {
        body.components(separatedBy: "<form method=\"post\" action=\"").dropFirst().map { rest in
            let inside = rest.components(separatedBy: "</form>").first ?? ""
            let inputs = inside.components(separatedBy: "<input ").dropFirst()
            return ShownForm(
                action: Self.plain(String(inside.prefix { $0 != "\"" })),
                fields: inputs.compactMap { input in
                    let tag = String(input.prefix { $0 != ">" })
                    guard !tag.contains("type=\"radio\""), let name = Self.attribute("name", tag) else { return nil }
                    return (name, Self.attribute("value", tag) ?? "")
                }
            )
        }
    }

    /// What a reader sees of it, one space for any white space.
    var words: String {
        let parts = body.components(separatedBy: "<")
        let text = parts.prefix(1) + parts.dropFirst().map { $0.drop { $0 != ">" }.dropFirst().description }
        return Self.plain(text.joined(separator: " ")).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func attribute(_ name: String, _ tag: String) -> String? {
        tag.components(separatedBy: "\(name)=\"").dropFirst().first.map { plain(String($0.prefix { $0 != "\"" })) }
    }

    private static func plain(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}

extension ConsoleClient {
    func send(_ form: ShownForm, cookie: String) async throws -> Answer {
        try await post(form.action, form.fields, cookie: cookie)
    }
}

extension ConsoleSystem {
    func number(_ sql: SQL) async throws -> Int {
        try await database.query(sql) { try $0.decodeIfPresent("n", as: Int.self) ?? 0 }.first ?? 0
    }

    /// How often operators have done something.
    func records(_ action: String) async throws -> Int {
        try await number("SELECT count(*) AS n FROM perch.operations WHERE action = \(action)")
    }

    /// Up to where the group has come, over all partitions.
    func effects(_ group: String = "shipping") async throws -> Int {
        try await number("SELECT sum(position)::int AS n FROM perch.checkpoints WHERE group_name = \(group)")
    }
}
