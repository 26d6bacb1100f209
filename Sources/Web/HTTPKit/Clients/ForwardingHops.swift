/// Whom each proxy got a request from, as headers tell it. Nil stands for a hop that is not told, or not to be read.
struct ForwardingHops {
    /// The nearest proxy's word first.
    let fromTheEnd: [IPAddress?]

    /// Of `X-Forwarded-For`: addresses, separated by commas; nil where the header is not there.
    init?(xForwardedFor lines: [String]) {
        guard !lines.isEmpty else { return nil }
        fromTheEnd = lines.reversed().flatMap { line in
            line.split(separator: ",", omittingEmptySubsequences: false).reversed().map { part in
                Self.address(Self.trimmed(part))
            }
        }
    }

    /// Of `Forwarded`: the `for` of each element; nil where the header is not there. A line that is not of the header's form
    /// counts as one hop that is not told: where its elements begin and end is not known.
    ///
    /// [RFC 7239, section 4](https://www.rfc-editor.org/rfc/rfc7239#section-4)
    init?(forwarded lines: [String]) {
        guard !lines.isEmpty else { return nil }
        fromTheEnd = lines.reversed().flatMap { line in
            ForwardedElements.read(line)?.reversed().map { $0.flatMap { Self.address($0) } } ?? [nil]
        }
    }

    /// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`; nil for `unknown`, `_hidden` and
    /// whatever else.
    private static func address(_ text: some StringProtocol) -> IPAddress? {
        if text.hasPrefix("[") {
            let parts = text.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].isEmpty || parts[1].hasPrefix(":") && isPort(parts[1].dropFirst()),
                let address = IPAddress(parts[0]), parts[0].contains(":")
            else { return nil }
            return address
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return IPAddress(text) }
        return isPort(parts[1]) ? IPAddress(parts[0]) : nil
    }

    /// A port, or one that its proxy hides.
    private static func isPort(_ text: some StringProtocol) -> Bool {
        let digits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return (1...5).contains(text.utf8.count) && digits || text.hasPrefix("_")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// Reads a line of `Forwarded`: `for=192.0.2.43;proto=https, for="[2001:db8::17]:4711"`.
private struct ForwardedElements {
    private struct Element {
        let `for`: String?
    }

    private var rest: Substring.UTF8View

    /// The `for` of each element, nil where an element has none; nil where the line is not of this form.
    static func read(_ line: String) -> [String?]? {
        var reader = ForwardedElements(rest: line[...].utf8)
        var elements: [String?] = []
        repeat {
            guard let element = reader.element() else { return nil }
            elements.append(element.for)
        } while reader.skip(UInt8(ascii: ","))
        return reader.rest.isEmpty ? elements : nil
    }

    private mutating func element() -> Element? {
        var found: String?
        repeat {
            skipBlanks()
            let name = token()
            // `for=192.0.2.43;` is of the form too.
            if name.isEmpty, rest.first.map({ ",;".utf8.contains($0) }) ?? true { continue }
            guard !name.isEmpty, skip(UInt8(ascii: "=")),
                let value = rest.first == UInt8(ascii: "\"") ? quoted() : token()
            else { return nil }
            skipBlanks()
            guard name.lowercased() == "for" else { continue }
            // Twice in one element means different things to different readers.
            guard found == nil else { return nil }
            found = value
        } while skip(UInt8(ascii: ";"))
        return Element(for: found)
    }

    private mutating func token() -> String {
        // Colons and brackets belong into quotes. Proxies that leave these out are understood all the same.
        let end = rest.firstIndex { " \t,;=\"".utf8.contains($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return String(Substring(rest[..<end]))
    }

    private mutating func quoted() -> String? {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}
