import Foundation
import Perch
public import ServiceKit

extension Setting where Value == TimeOfDay {
    /// `PAYOUT_TIME`: when a day that is over is closed and paid, by the clocks of `PAYOUT_TIME_ZONE` on the day after.
    /// Default: 00:05.
    public static var payoutTime: Setting {
        Setting("PAYOUT_TIME", expects: "a time of day such as 00:05", default: .fivePastMidnight) { text in
            guard let time = TimeOfDay(text) else { throw NotAValue() }
            return time
        }
    }
}

extension Setting where Value == String {
    /// `MAIL_DIR`: the folder that mails are written to, as `.eml` files; it is made if need be. Without it there are none.
    public static var mailDirectory: Setting { .text("MAIL_DIR", expects: "a folder") }
}

extension Setting where Value == MailServer {
    /// `SMTP_URL`: the mail server that mails are sent to.
    public static var mailServer: Setting {
        Setting("SMTP_URL", expects: "smtps://[user:password@]host[:port] or smtp://…", isSecret: true) {
            try MailServer(url: $0)
        }
    }
}

extension Settings {
    /// Where mails go; nil: nobody has said.
    ///
    /// - Throws: `SettingsError` where both a folder and a server are set, and where the server's `cacert` cannot be read.
    public func mailOutlet() throws(SettingsError) -> MailOutlet? {
        guard let server = self[.mailServer] else { return self[.mailDirectory].map { .folder(MailFolder(path: $0)) } }
        func problem(_ expected: String, _ got: String) -> SettingsError {
            SettingsError([SettingProblem(name: "SMTP_URL", expected: expected, got: got, source: "")])
        }
        guard !isSet(.mailDirectory) else { throw problem("only one of MAIL_DIR and SMTP_URL", "both") }
        if let authorities = server.authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            throw problem("cacert to be a file that can be read", "`\(authorities)`")
        }
        return .server(server)
    }
}
