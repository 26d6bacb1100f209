package import HTTPTypes

/// Why nobody was logged in. The code is for programs, the sentence for people, the reason for logs; none has a secret, a token or a
/// code in it.
package struct LoginError: Error, Hashable, CustomStringConvertible {
    /// What happened.
    package enum Code: String, Sendable, CaseIterable {
        /// The issuer cannot be reached, or answers that it cannot answer.
        case issuerAway
        /// What the issuer says of itself is not what this program is set up for.
        case issuerUnusable
        /// The issuer does not take this program for its client.
        case clientRefused
        /// The browser came back without what it was given at the start.
        case notKept
        /// Longer than ten minutes, or the issuer says that its code has ended.
        case tookTooLong
        /// The answer belongs to no login of this browser.
        case notAsked
        /// The person, or the issuer for them, said no.
        case denied
        /// The issuer says that it could not.
        case failed
        /// The answer is not what a login must have: nothing of it is believed.
        case notVerified
        /// The issuer ended this login while it was under way.
        case endedMeanwhile
    }

    package let code: Code
    /// For the log.
    package let reason: String

    package init(_ code: Code, _ reason: String) { (self.code, self.reason) = (code, reason) }

    /// For the log: `notVerified: another audience`.
    package var description: String { "\(code.rawValue): \(reason)" }

    /// What a page says.
    package var sentence: String {
        switch code {
        case .issuerAway: "The issuer does not answer. Try again in a moment; who is logged in stays so."
        case .issuerUnusable: "Login is not set up rightly here. Tell whoever runs this program."
        case .clientRefused: "The issuer does not know this program. Tell whoever runs it."
        case .notKept:
            "Your browser did not keep this login: try again. If that does not help: these pages need https, except on this machine."
        case .tookTooLong: "The login took too long: try again."
        case .notAsked: "This answer does not belong to a login of this browser: try again."
        case .denied: "The issuer did not let you in, or you said no."
        case .failed: "The issuer could not log you in: try again."
        case .notVerified: "The issuer's answer could not be verified, so nobody was logged in."
        case .endedMeanwhile: "You were logged out while you logged in: try again."
        }
    }

    /// How it is answered.
    package var status: HTTPResponse.Status {
        switch code {
        case .issuerAway, .issuerUnusable, .clientRefused: .serviceUnavailable
        case .denied: .forbidden
        case .failed, .notVerified: .badGateway
        case .notKept, .tookTooLong, .notAsked, .endedMeanwhile: .badRequest
        }
    }

    /// Whether a session that was to be renewed ends: the issuer has said no, and not that it cannot tell.
    var endsSession: Bool { code == .denied || code == .endedMeanwhile }

    /// Whether it may be the program's or the issuer's fault, so that whoever runs it should see it.
    var concernsOperators: Bool {
        switch code {
        case .issuerAway, .issuerUnusable, .clientRefused, .failed, .notVerified: true
        case .notKept, .tookTooLong, .notAsked, .denied, .endedMeanwhile: false
        }
    }
}
