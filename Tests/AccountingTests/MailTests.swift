import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Testing

@testable import Accounting

@Suite struct MailTests {
    @Test(arguments: Delivering.allCases) func eachWageHasOneMailHoweverOftenItsEventComes(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode)
        let ann = try office.hire("Ann", email: "ann@example.com")
        let unknown = try office.hire(email: nil)
        try office.earn(ann, at: "2026-11-20T09:00:00.000Z")
        try office.earn(unknown, at: "2026-11-20T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        office.clock.now = "2026-11-22T00:05:00.123Z"
        try await office.closeDay("2026-11-21")
        try office.finish()

        // Who has no email is paid and has no mail; temporary files are gone.
        #expect(try office.accounting.balance(unknown) == 0)
        let files = try office.mailFiles()
        let names = [WageID.of(ann, for: "2026-11-20"), WageID.of(ann, for: "2026-11-21")].map { "\($0.text).eml" }
        #expect(Set(files.keys) == Set(names))
        let id = WageID.of(ann, for: "2026-11-21").text
        #expect(
            files["\(id).eml"]
                == """
                Date: Sun, 22 Nov 2026 00:05:00 +0000
                From: UberPopug Accounting <accounting@popug.example>
                To: Ann
                 <ann@example.com>
                Message-ID: <\(id)@popug.example>
                Subject: Your wage of 2026-11-21: 50.00
                Auto-Submitted: auto-generated
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: 7bit

                Hello Ann,

                your wage of 2026-11-21: 50.00

                Your balance is paid out with it. What you earn from now on is paid on the next pay day.

                UberPopug Inc., accounting

                """.replacing("\n", with: "\r\n")
        )
    }

    @Test func withoutAFolderWagesArePaidAndNoMailsWritten() throws {
        let fixture = try AccountingFixture()
        let wage = UserWagePaid(userID: .v7(), amount: Money(cents: 1))
        var streams = TestStreams(contract: fixture.contract)
        try fixture.harness.deliver([try streams.append(wage)])
        #expect(try fixture.numbers("SELECT count(*) FROM perch.failed_events") == [0])
    }

    @Test func aFolderThatCannotBeWrittenFailsTheRoundAndTheWageComesAgain() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire()
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        try await office.closeDay("2026-11-21")
        // A file is where the folder should be.
        try Data().write(to: office.mails)
        #expect(throws: (any Error).self) { try office.finish() }
        try FileManager.default.removeItem(at: office.mails)
        try office.finish()
        #expect(try office.mailFiles().count == 1)
    }

    // MARK: Texts of others

    private func mail(name: String?, to address: String = "ann@example.com") throws -> String {
        WageMail(
            event: .v7(),
            user: try #require(UUID(uuidString: "0199C1D2-7A3B-7C4D-8E5F-0A1B2C3D4E5F")),
            name: name,
            address: try #require(MailAddress(address)),
            amount: Money(cents: 123_456),
            day: "2026-11-22",
            time: "2026-11-22T18:30:55.123Z"
        ).text
    }

    /// The header fields as a reader of mails sees them: unfolded.
    private func headers(_ mail: String) -> [String] {
        let head = mail.components(separatedBy: "\r\n\r\n")[0]
        return head.replacing("\r\n ", with: " ").components(separatedBy: "\r\n")
    }

    @Test func namesThatAreNotPlainAreEncodedAndComeBackWhole() throws {
        for name in ["Žofie Nováková", "Ann \"Ace\" <x@y>", "O'Neil, Ann", String(repeating: "鳥🦜", count: 60)] {
            let text = try mail(name: name)
            #expect(text.utf8.split(separator: UInt8(ascii: "\n")).allSatisfy { $0.count <= 998 })
            let head = text.components(separatedBy: "\r\n\r\n")[0]
            #expect(head.utf8.allSatisfy { $0 < 0x80 })
            #expect(head.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
            let to = try #require(headers(text).first { $0.hasPrefix("To: ") })
            #expect(to.hasSuffix(" <ann@example.com>"))
            let words = to.dropFirst(4).dropLast(" <ann@example.com>".count).split(separator: " ")
            let decoded = words.map { word in
                let base64 = word.dropFirst("=?utf-8?B?".count).dropLast(2)
                return String(decoding: Data(base64Encoded: String(base64)) ?? Data(), as: UTF8.self)
            }.joined()
            #expect(decoded == name)
        }
        for name in [nil, "", " \u{200B}"] { #expect(try mail(name: name).contains("To: 0199c1d2\r\n <ann")) }
        #expect(try mail(name: "Ann").contains("1234.56"))
    }

    @Test func noNameCanAddAHeaderOrAReceiver() throws {
        let clean = try headers(mail(name: "Ann")).map { $0.prefix { $0 != ":" } }
        for name in [
            "Ann\r\nBcc: eve@evil.example", "Ann\nBcc: eve@evil.example", "Ann\r\n\r\nHello", "Ann>, <eve@evil.example",
            "Ann\u{2028}Bcc: x@y", "=?utf-8?Q?Ann=0D=0ABcc:_x?=", "\u{0}\u{85}\u{202E}nnA",
            "Ann\r\n\t<eve@evil.example>",
        ] {
            let text = try mail(name: name)
            let found = headers(text)
            #expect(found.map { $0.prefix { $0 != ":" } } == clean, "\(name.debugDescription)")
            #expect(found.first { $0.hasPrefix("To:") }?.hasSuffix(" <ann@example.com>") == true)
            #expect(found.joined().contains("eve@evil.example") == false)
            // In the body it is one line of text.
            let body = text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
            #expect(body.components(separatedBy: "\r\n")[1] == "")
            #expect(
                !text.replacing("\r\n", with: "").unicodeScalars.contains { $0.properties.generalCategory == .control }
            )
        }
    }

    @Test func addressesThatCouldBeReadAsMoreAreNotWrittenTo() {
        for address in [
            "ann@example.com\r\nBcc: eve@evil.example", "ann@example.com, eve@evil.example", "<ann@example.com>",
            "\"a b\"@example.com", "ann@example.com ", "ann", "@example.com", "ann@", "a@b@c", "ann@exa mple.com",
            "ann..b@example.com", ".ann@example.com", "ann@example..com", "ann@example.com\u{0}", "ann@[127.0.0.1]",
            "ann(x)@example.com", "ann;b@example.com", "a\u{202E}nn@example.com", "ann@exa\u{2028}mple.com",
            String(repeating: "a", count: 250) + "@b.org",
        ] {
            #expect(MailAddress(address) == nil, "\(address.debugDescription)")
        }
        for address in ["ann@example.com", "a.b+c_d@mail.example-1.org", "o'neil@localhost", "žofie@příklad.cz"] {
            #expect(MailAddress(address) != nil, "\(address)")
        }
    }
}
