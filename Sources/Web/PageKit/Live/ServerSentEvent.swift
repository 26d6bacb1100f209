import StrictJSON

/// One event of a stream, as text.
///
/// [HTML, section 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)
enum ServerSentEvent {
    /// The event with JSON as its data, which has no line break that could end it.
    static func text(_ name: String, _ data: some Encodable, id: Int? = nil) throws -> String {
        let json = String(decoding: try JSONCoding.encode(data), as: UTF8.self)
        return "event: \(name)\n" + (id.map { "id: \($0)\n" } ?? "") + "data: \(json)\n\n"
    }
}
