import Executors
import LocalServers
import MailTesting
import Testing

@testable import SMTP

/// A real mail server, of others.
@Suite(.enabled(if: LocalMailServer.isInstalled, "\(LocalMailServer.advice)"), .timeLimit(.minutes(30)))
struct SMTPClientTests {
    private static let text = "Subject: a wage\r\n\r\nHello,\r\n.\r\n..two dots\r\nžluťoučký\r\n"

    /// Sends on a thread where that may block.
    private actor Sender {
        private nonisolated let executor = ThreadExecutor(name: "mail-test")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private let client: SMTPClient

        init(_ url: String) throws { client = SMTPClient(try SMTPConfiguration(url: url), keepingConnections: 3600) }

        func send(_ text: String = text, to receiver: String = "ann@example.com") throws {
            try client.send(text, from: "accounting@popug.example", to: receiver)
        }

        /// Why it fails.
        func failure() throws -> SMTPError { try #require(throws: SMTPError.self) { try send() } }
    }

    private let authority: LocalCertificateAuthority

    init() throws { authority = try LocalCertificateAuthority() }

    private func server(_ security: LocalMailServer.Security) async throws -> LocalMailServer {
        guard security != .plain else { return try await LocalMailServer(.plain) }
        return try await LocalMailServer(
            security,
            login: ("ann", "hunter2"),
            certificate: try authority.issue(name: "mail")
        )
    }

    // MARK: What arrives

    @Test(arguments: [LocalMailServer.Security.plain, .starttls, .smtps])
    func aMailArrivesWholeAndByTheWayThatIsSet(_ security: LocalMailServer.Security) async throws {
        let server = try await server(security)
        try await Sender(server.url()).send()
        let mail = try #require(try server.mails().first)
        #expect(mail.text == Self.text)
        #expect((mail.sender, mail.receivers) == ("accounting@popug.example", ["ann@example.com"]))
        #expect(mail.isEncrypted == (security != .plain))
        #expect(mail.user == (security == .plain ? nil : "ann"))
    }

    @Test func anAddressOfAnyScriptIsWrittenTo() async throws {
        let server = try await server(.plain)
        try await Sender(server.url()).send(to: "žofie@příklad.cz")
        #expect(try server.mails().map(\.receivers) == [["žofie@příklad.cz"]])
    }

    @Test func noAddressCanAddACommandOrAReceiver() async throws {
        let server = try await server(.plain)
        let sender = try Sender(server.url())
        for address in [
            "ann@example.com>\r\nRCPT TO:<eve@evil.example", "ann@example.com\r\nDATA",
            "ann@example.com, eve@evil.example",
            "<ann@example.com> SIZE=1", "ann@example.com\nX", "", "@", "ann", "a@b@c", "a b@c", "ann@example.com\u{0}x",
        ] {
            await #expect(throws: SMTPError.self, "\(address.debugDescription)") { try await sender.send(to: address) }
        }
        #expect(try server.mails().isEmpty)
    }

    @Test func mailsThatFollowOneAnotherGoByOneConnection() async throws {
        let server = try await server(.smtps)
        let sender = try Sender(server.url())
        for _ in 1...3 { try await sender.send() }
        let mails = try server.mails()
        #expect(mails.count == 3 && Set(mails.map(\.connection)).count == 1)
    }

    @Test(arguments: ["421 enough of you", "drop"])
    func aConnectionThatTheServerHasEndedCostsNoMail(_ action: String) async throws {
        let server = try await server(.plain)
        try server.behave([.again: action])
        let sender = try Sender(server.url())
        for _ in 1...3 { try await sender.send() }
        #expect(Set(try server.mails().map(\.connection)).count == 3)
    }

    // MARK: Who is on the other side

    @Test(arguments: [LocalMailServer.Security.starttls, .smtps])
    func aServerWhoseCertificateIsNotTrustedGetsNothing(_ security: LocalMailServer.Security) async throws {
        let other = try LocalCertificateAuthority(name: "another CA")
        for certificate in [
            try authority.issue(for: ["mail.example"]), try authority.issue(.expired), try other.issue(),
        ] {
            let server = try await LocalMailServer(security, login: ("ann", "hunter2"), certificate: certificate)
            let url = server.url().replacing(certificate.authority.certificate, with: authority.certificate)
            let error = try await Sender(url).failure()
            #expect(error.code == .encryption && !error.mayHaveArrived, "\(error)")
            #expect(try server.mails().isEmpty)
        }
    }

    @Test func aServerWithoutSTARTTLSGetsNothingWhereItIsRequired() async throws {
        let server = try await server(.plain)
        let error = try await Sender(server.url().replacing("starttls=never", with: "starttls=required")).failure()
        #expect(error.code == .encryption && error.description.contains("STARTTLS"), "\(error)")
        #expect(try server.mails().isEmpty)
    }

    @Test(arguments: [LocalMailServer.Security.starttls, .smtps])
    func aWrongPasswordIsSaidAndNotShown(_ security: LocalMailServer.Security) async throws {
        let server = try await server(security)
        let error = try await Sender(server.url(password: "swordfish")).failure()
        #expect(error.code == .login && error.description.contains("535"), "\(error)")
        var dumped = ""
        dump(error, to: &dumped)
        // As it is, and as it goes over the wire.
        for secret in ["swordfish", "AGFubgBzd29yZGZpc2g", "c3dvcmRmaXNo"] { #expect(!dumped.contains(secret)) }
        #expect(try server.mails().isEmpty)
    }

    @Test func aServerThatWantsALoginIsNotTakenToRefuseTheMail() async throws {
        let server = try await LocalMailServer(
            .starttls,
            login: ("ann", "hunter2"),
            certificate: try authority.issue(name: "mail")
        )
        let error = try await Sender(server.url().replacing("ann:hunter2@", with: "")).failure()
        #expect(error.code == .login && error.description.contains("530"), "\(error)")
    }

    // MARK: What it answers

    @Test(arguments: [
        (LocalMailServer.Step.receiver, "550 5.1.1 <ADDRESS>: no such user", SMTPError.Code.refused),
        (.end, "554 5.7.1 not wanted", .refused), (.receiver, "452 4.2.2 full", .postponed),
        (.end, "451 4.3.0 try later", .postponed), (.sender, "450 4.7.1 not so fast", .postponed),
        (.sender, "550 5.7.1 who are you?", .login), (.receiver, "530 5.7.0 log in first", .login),
    ])
    func anAnswerSaysWhetherTryingAgainHelps(
        _ step: LocalMailServer.Step,
        _ answer: String,
        _ code: SMTPError.Code
    ) async throws {
        let server = try await server(.plain)
        try server.behave([step: answer])
        let error = try await Sender(server.url()).failure()
        #expect(error.code == code && !error.mayHaveArrived, "\(error)")
        #expect(error.description.contains(answer.replacing("ADDRESS", with: "the receiver")), "\(error)")
        #expect(!error.description.contains("ann@example.com"))
    }

    @Test(arguments: [LocalMailServer.Step.sender, .receiver, .end])
    func aServerThatNeverAnswersIsWaitedForAsLongAsIsSet(_ step: LocalMailServer.Step) async throws {
        let server = try await server(.plain)
        try server.behave([step: "silent"])
        let sender = try Sender(server.url(["timeout=1"]))
        let error = try await sender.failure()
        #expect(error.code == .timeout && error.description.contains("1 s"), "\(error)")
        // Where it has the mail, nobody knows whether it keeps it.
        #expect(step == .end || !error.mayHaveArrived)
        #expect(try error.mayHaveArrived || server.mails().isEmpty)
    }

    @Test(arguments: [LocalMailServer.Step.sender, .receiver, .end])
    func aConnectionThatIsLostIsSaid(_ step: LocalMailServer.Step) async throws {
        let server = try await server(.plain)
        try server.behave([step: "drop"])
        let sender = try Sender(server.url())
        let error = try await sender.failure()
        #expect(error.code == .lost && error.mayHaveArrived == (step == .end), "\(error)")
        try server.behave([:])
        try await sender.send()
        #expect(try server.mails().count == (step == .end ? 2 : 1))
    }

    @Test func aServerThatIsNotThereIsUnreachable() async throws {
        let error = try await Sender("smtp://127.0.0.1:\(try freePort())?starttls=never").failure()
        #expect(error.code == .unreachable && !error.mayHaveArrived, "\(error)")
        let unknown = try await Sender("smtps://ann:hunter2@nowhere.invalid").failure()
        #expect(unknown.code == .unreachable && !unknown.description.contains("hunter2"), "\(unknown)")
    }
}
