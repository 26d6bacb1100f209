import CCurl

/// What is said while one mail is sent: how far it is, and what the server answered last.
struct SMTPConversation {
    /// How far it is: what was sent last.
    enum Stage: Int {
        case greeting
        /// EHLO, STARTTLS and the login.
        case login
        case sender
        case receiver
        case data
        /// At least part of the mail itself.
        case body
    }

    private(set) var stage = Stage.greeting
    /// The lines of the last answer, and whether it has its last line.
    private var answer: [UInt8] = []
    private var isAnswered = false
    /// Whether libcurl says goodbye: what is answered to that means nothing.
    private var isOver = false
    private let mail: [UInt8]
    private var read = 0
    /// Until when all of it has to be done.
    let deadline: ContinuousClock.Instant

    init(_ mail: [UInt8], until deadline: ContinuousClock.Instant) {
        self.mail = mail
        self.deadline = deadline
    }

    /// The number and the text of the last answer, on one line; nil where there is none to what was sent last.
    var reply: (number: Int, text: String)? {
        guard isAnswered, let number = Int(String(decoding: answer.prefix(3), as: UTF8.self)) else { return nil }
        // All of it comes from outside: it is cut, and holds printable ASCII only.
        let text = answer.prefix(500).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: " ") }
        return (number, String(decoding: text, as: UTF8.self).split(separator: " ").joined(separator: " "))
    }

    // MARK: What libcurl tells

    mutating func note(_ kind: curl_infotype, _ bytes: UnsafeRawBufferPointer) {
        switch kind {
        case CURLINFO_HEADER_OUT: noteCommand(String(decoding: bytes.prefix(5), as: UTF8.self))
        case CURLINFO_HEADER_IN: noteAnswer(bytes)
        case CURLINFO_DATA_OUT:
            if stage != .body { forgetAnswer() }
            stage = .body
        default: break
        }
    }

    private mutating func noteCommand(_ command: String) {
        guard command != "QUIT\r" else {
            // At the beginning it is said on an old connection.
            isOver = stage != .greeting
            return
        }
        forgetAnswer()
        switch command {
        case "MAIL ": stage = .sender
        case "RCPT ": stage = .receiver
        case "DATA\r": stage = .data
        default: stage = .login
        }
    }

    private mutating func noteAnswer(_ line: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        if isAnswered { forgetAnswer() }
        if answer.count < 2000 { answer += line }
        // `250-` goes on, `250 ` ends.
        isAnswered = line.count < 4 || line[3] != UInt8(ascii: "-")
    }

    private mutating func forgetAnswer() {
        answer = []
        isAnswered = false
    }

    /// The next part of the mail; 0: that was all.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, mail.count - read)
        buffer.copyBytes(from: mail[read..<read + count])
        read += count
        return count
    }
}
