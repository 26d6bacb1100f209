import Foundation

/// What stands behind the `?` of the URL of a mail server.
struct SMTPParameters {
    private(set) var encryption = SMTPConfiguration.Encryption.startTLS
    private(set) var authorities: String?
    private(set) var sender: String?
    private(set) var timeout = Duration.seconds(10)

    init(_ parts: URLComponents, isEncrypted: Bool) throws(SMTPError) {
        let known = (isEncrypted ? [] : ["starttls"]) + ["cacert", "from", "timeout"]
        var seen: Set<String> = []
        for item in parts.percentEncodedQueryItems ?? [] {
            guard known.contains(item.name) else {
                let hint = isEncrypted ? "; starttls is for smtp://" : ""
                throw .invalid("query", "the parameters are \(known.joined(separator: ", "))\(hint)")
            }
            guard seen.insert(item.name).inserted else { throw .invalid("query", "\(item.name) stands there twice") }
            guard let value = item.value?.removingPercentEncoding, !value.isEmpty, !value.utf8.contains(0) else {
                throw .invalid("query", "\(item.name) is a text that is percent-encoded, and not empty")
            }
            try set(item.name, value)
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(SMTPError) {
        switch (name, value) {
        case ("starttls", "required"): encryption = .startTLS
        case ("starttls", "never"): encryption = .none
        case ("starttls", _): throw .invalid("starttls", "expected required or never")
        case ("cacert", _): authorities = value
        case ("from", _):
            guard SMTPClient.isAddress(value) else { throw .invalid("from", "expected an address such as a@b.example") }
            sender = value
        default:
            guard let seconds = Int(value), (1...20).contains(seconds) else {
                throw .invalid("timeout", "expected a whole number of seconds from 1 to 20")
            }
            timeout = .seconds(seconds)
        }
    }
}
