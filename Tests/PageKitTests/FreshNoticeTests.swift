import Testing

@testable import PageKit

@Suite struct FreshNoticeTests {
    @Test func aNoticeThatIsKeptFreshIsNotSeenWhileItHasNothingToSay() {
        let notice = Notice("", "Numbers are incomplete.", live: "rebuild").html.markup
        #expect(notice.contains("<strong data-live=\"rebuild\"></strong> Numbers are incomplete."))
        let style = String(decoding: Assets.Asset.style.bytes, as: UTF8.self)
        #expect(style.contains(".message:has(strong:empty){display:none}"))
        #expect(!Notice("It stays.").html.markup.contains("data-live"))
    }

    @Test func aCardThatLeadsNowhereHasItsNameWithoutALink() {
        let cards = Cards([.init("Mend the coop", to: nil, facts: "38.20")], empty: "").html.markup
        #expect(cards.contains("<h2>Mend the coop</h2>") && !cards.contains("<a "))
    }

    @Test func aPagerSaysWhatItsListIsOrderedBy() {
        let pager = Pager(newer: "/a", older: "/b", names: ("Lower balances", "Higher balances")).html.text
        #expect(pager == "← Lower balances Higher balances →")
        #expect(Pager(newer: "/a", older: "/b").html.text == "← Newer Older →")
    }
}
