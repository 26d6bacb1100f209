import PageKit
import Testing

@testable import ServiceKit

@Suite struct KeptMessageTests {
    @Test func wordsAndLinkComeBackAsTheyWereKept() throws {
        let target = try #require(LinkTarget(url: "http://127.0.0.1:8083/account?expect=1"))
        let kept = KeptMessage(words: "Closed “<b>\nx”", link: MessageLink("see it", to: target))
        let found = KeptMessage(text: kept.text)
        #expect(found == kept && found.words == "Closed “<b> x”")
        let markup = found.message.html.markup
        #expect(markup.contains("Closed “&lt;b&gt; x”: <a href=\"http://127.0.0.1:8083/account?expect=1\">see it</a>"))
    }

    @Test func wordsAloneAreKeptAsTheyAre() {
        let kept = KeptMessage(words: "javascript:alert(1)\nsee\nit")
        #expect(KeptMessage(text: kept.text) == kept && kept.link == nil)
    }

    @Test func whatIsNoAddressMakesNoLink() {
        #expect(KeptMessage(text: "javascript:alert(1)\nsee it\nwords").link == nil)
        #expect(MessageLink("see it", to: nil) == nil)
    }

    @Test func whereTooLongATextWasCutTheLinkIsWhole() throws {
        let kept = KeptMessage(words: String(repeating: "x", count: 2_000), link: MessageLink("see it", to: "/account"))
        let found = KeptMessage(text: String(kept.text.prefix(1_000)))
        #expect(found.link == MessageLink("see it", to: "/account") && found.words.hasPrefix("xxx"))
    }
}
