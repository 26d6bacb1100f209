import CCurl
import Foundation

/// What became of an attempt.
extension SMTPSession.Outcome {
    /// Whether an old connection was ended by the server, with nothing of the mail sent.
    var hasEndedBeforeMail: Bool {
        guard code != CURLE_OK, conversation.deadline > .now, conversation.stage != .body else { return false }
        return conversation.reply.map { $0.number == 421 } ?? true
    }

    /// Nil: the server has taken the mail.
    ///
    /// - Parameter receiver: The server may repeat it, and it is somebody's.
    func failure(_ server: SMTPConfiguration, hiding receiver: String) -> SMTPError? {
        func error(_ code: SMTPError.Code, _ text: String, mayHaveArrived: Bool = false) -> SMTPError {
            var covered = text.replacing(receiver, with: "the receiver")
            if let password = server.password?.value { covered = covered.replacing(password, with: "***") }
            return SMTPError(code, "\(server): \(covered)", mayHaveArrived: mayHaveArrived)
        }
        switch code {
        case CURLE_OK: return nil
        case CURLE_OPERATION_TIMEDOUT, CURLE_ABORTED_BY_CALLBACK:
            return error(
                .timeout,
                "no answer to \(place) within \(server.timeout.components.seconds) s\(doubt)",
                mayHaveArrived: isInDoubt
            )
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: return error(.unreachable, text)
        case CURLE_USE_SSL_FAILED: return error(.encryption, "the server does not offer STARTTLS, and it is required")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return error(.encryption, text)
        default: break
        }
        guard let reply = conversation.reply, (400..<600).contains(reply.number) else {
            if code == CURLE_LOGIN_DENIED { return error(.login, "the server has no way to log in that is known here") }
            return error(.lost, "the connection was lost at \(place)\(doubt)", mayHaveArrived: isInDoubt)
        }
        if reply.number < 500 { return error(.postponed, "not now, at \(place): \(reply.text)") }
        // Wants a login, or another one: nothing that the mail could help.
        let isOfLogin = [530, 534, 535, 538].contains(reply.number)
        guard conversation.stage.rawValue >= SMTPConversation.Stage.receiver.rawValue, !isOfLogin else {
            return error(.login, "refused at \(place): \(reply.text)")
        }
        return error(.refused, "refused at \(place): \(reply.text)")
    }

    private var isInDoubt: Bool { conversation.stage == .body }
    private var doubt: String { isInDoubt ? ": it may have taken the mail" : "" }

    private var place: String {
        switch conversation.stage {
        case .greeting: "the connection"
        case .login: "the login"
        case .sender: "MAIL FROM"
        case .receiver: "RCPT TO"
        case .data: "DATA"
        case .body: "the mail"
        }
    }
}
