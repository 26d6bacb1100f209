import Testing

@testable import SMTP

@Suite struct SMTPConfigurationTests {
    @Test func aURLSaysWhereTheServerIsAndHowItIsSpokenTo() throws {
        let plain = try SMTPConfiguration(url: "smtp://mail.example")
        #expect((plain.host, plain.port) == ("mail.example", 587))
        #expect(plain.encryption == .startTLS && plain.user == nil && plain.password == nil)
        #expect(plain.timeout == .seconds(10) && plain.authorities == nil && plain.sender == nil)

        let full = try SMTPConfiguration(
            url: "SMTPS://ann%40b:p%2Fa%3As@[::1]:2465/?cacert=/etc/our%20ca.pem&from=pay@b.example&timeout=20"
        )
        #expect((full.host, full.port, full.encryption) == ("::1", 2465, .fromTheStart))
        #expect(full.user == "ann@b" && full.password?.value == "p/a:s")
        #expect(full.authorities == "/etc/our ca.pem" && full.sender == "pay@b.example" && full.timeout == .seconds(20))
        #expect(full.description == "smtps://[::1]:2465")

        #expect(try SMTPConfiguration(url: "smtps://mail.example").port == 465)
        #expect(try SMTPConfiguration(url: "smtp://mail.example:25?starttls=never").encryption == .none)
        #expect(try SMTPConfiguration(url: "smtp://a:b@mail.example?starttls=required").encryption == .startTLS)
    }

    @Test(arguments: [
        ("", "scheme"), ("mail.example", "scheme"), ("http://mail.example", "scheme"), ("smtp://", "host"),
        ("smtp://:25", "host"), ("smtp://mail.example:0", "port"), ("smtp://mail.example:65536", "port"),
        ("smtp://mail.example/inbox", "path"), ("smtp://mail.example#x", "fragment"),
        ("smtp://mail%0A.example", "host"),
        ("smtp://hunter2@mail.example", "password"), ("smtp://:hunter2@mail.example", "user"),
        ("smtp://ann:@mail.example", "password"), ("smtp://ann:hunter2%00@mail.example", "password"),
        ("smtp://ann:hunter2@mail.example?starttls=never", "starttls"),
        ("smtp://mail.example?starttls=maybe", "starttls"),
        ("smtps://mail.example?starttls=never", "query"), ("smtp://mail.example?tls=off", "query"),
        ("smtp://mail.example?verify=no", "query"), ("smtp://mail.example?from=a@b&from=c@d", "query"),
        ("smtp://mail.example?from=", "query"), ("smtp://mail.example?from=a@b%0D%0ARCPT%20TO:x", "from"),
        ("smtp://mail.example?from=a@b%3E,x", "from"), ("smtp://mail.example?from=hunter2", "from"),
        ("smtp://mail.example?timeout=0", "timeout"), ("smtp://mail.example?timeout=21", "timeout"),
        ("smtp://mail.example?timeout=hunter2", "timeout"), ("smtp://mail.example?starttls=never&cacert=/x", "cacert"),
        ("smtp://ann:hunt er2@mail.example", "URL"),
    ]) func aURLThatCannotBeUsedIsRefusedByItsPartAndNotRepeated(_ url: String, _ part: String) throws {
        let error = try #require(throws: SMTPError.self) { try SMTPConfiguration(url: url) }
        #expect(error.code == .configuration)
        #expect(error.description.hasPrefix("\(part): "), "\(error)")
        #expect(!error.description.contains("hunt"))
    }

    @Test func thePasswordIsNotShown() throws {
        let configuration = try SMTPConfiguration(url: "smtps://ann:hunter2@mail.example")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("hunter2"))
        }
    }

    @Test func theTLSLibraryIsTheOneThatRedisAndPostgresUse() {
        #expect(SMTPClient.library.contains(", OpenSSL/"), "\(SMTPClient.library)")
    }
}
