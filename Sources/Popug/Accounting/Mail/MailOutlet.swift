/// Where mails of wages go.
public enum MailOutlet: Sendable {
    /// Into files, for whoever collects them.
    case folder(MailFolder)
    /// To a mail server, which delivers them.
    case server(MailServer)
}
