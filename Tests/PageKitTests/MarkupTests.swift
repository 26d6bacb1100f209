import Foundation
import Testing
import Times

@testable import PageKit

@Suite struct MarkupTests {
    @Test func theWordsOfMarkupAreThoseThatAPersonReads() {
        let link = Link("the <doctor>", to: "/doctor")
        #expect(("Don’t & \(link). Now" as HTML).text == "Don’t & the <doctor>. Now")
    }

    static let elements: Set<String> = [
        "a", "body", "br", "button", "caption", "code", "dd", "defs", "desc", "details", "div", "dl", "dt", "fieldset",
        "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "head", "header", "html", "input", "label", "legend", "li",
        "line", "link",
        "main", "meta", "nav", "ol", "option", "p", "path", "pattern", "pre", "progress", "rect", "script", "section",
        "select",
        "small", "span", "strong", "summary", "svg", "table", "tbody", "td", "text", "textarea", "tfoot", "th", "thead",
        "time",
        "title", "tr", "ul", "wbr",
    ]

    @Test(arguments: Styleguide.Sample.allCases, [true, false])
    func everySampleIsWellFormedWithoutStylesAndScripts(sample: Styleguide.Sample, isLive: Bool) {
        let page = MarkupReader(Styleguide.page(sample, isLive: isLive).html.markup)
        #expect(page.problems.isEmpty)
        #expect(page.elements.count > 10)
        for element in page.elements {
            #expect(Self.elements.contains(element.name))
            for attribute in element.attributes {
                #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"))
                if ["href", "src", "action"].contains(attribute.name) {
                    #expect(attribute.value.hasPrefix("/") || attribute.value.hasPrefix("#"))
                }
            }
        }
        let ids = Set(page.elements.compactMap { $0["id"] })
        for element in page.elements {
            for name in ["for", "aria-labelledby", "aria-describedby"] {
                for pointer in (element[name] ?? "").split(separator: " ") { #expect(ids.contains(String(pointer))) }
            }
        }
        #expect(page.elements.count { $0.name == "script" } == 1)
        #expect(page.elements.count { $0.name == "h1" } == 1)
    }

    @Test func whatStrangersWriteIsTextAndSeen() {
        let markup = Styleguide.page(.hostile).html.markup
        #expect(!markup.contains("<script>alert"))
        #expect(!markup.contains("<img"))
        #expect(markup.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(2)&gt;"))
        // What looks like a template is none, and the turn of direction has no effect and a name.
        #expect(markup.contains("{{title}} ⟨U+202E⟩gnp.exe"))
    }

    @Test func aTextIsEscapedOnce() {
        #expect(HTML("a & b").markup == "a &amp; b")
        #expect(("\(HTML("<"))&\("<")" as HTML).markup == "&lt;&amp;&lt;")
        #expect(Badge("&").html.markup.contains(">&amp;<"))
        #expect(HTML("\u{202E}\u{0}\n").markup == "⟨U+202E⟩⟨U+0000⟩\n")
        #expect(HTML(exact: "\u{202E}\r\n").markup == "\u{202E}&#13;\n")
    }

    @Test func whatWasTypedComesBackAsItWas() {
        let typed = "\n  <b>\u{202E}\t& \"quotes\"'"
        let field = FormField("f", "Text", .lines(rows: 2), value: typed).html.markup
        // A browser drops the first line break behind the tag: it is the template's.
        #expect(field.contains(">\n\n  &lt;b&gt;\u{202E}\t&amp; &quot;quotes&quot;&#39;</textarea>"))
    }

    @Test func aPasswordIsNeverSentBack() {
        #expect(!FormField("p", "Password", .password, value: "secret").html.markup.contains("secret"))
    }

    @Test func aNumberIsShownToItsLastDigit() {
        #expect(NumberText.count(9_007_199_254_740_993 as Int64) == "9,007,199,254,740,993")
        #expect(NumberText.count(UInt64.max) == "18,446,744,073,709,551,615")
        #expect(NumberText.count(Int64.min) == "−9,223,372,036,854,775,808")
        #expect(NumberText.count(0) == "0" && NumberText.count(-999) == "−999" && NumberText.count(1000) == "1,000")
        #expect(NumberText.amount(Decimal(string: "-1234.5") ?? 0) == "−1,234.50")
        #expect(NumberText.amount(Decimal(string: "90071992547409930.015") ?? 0) == "90,071,992,547,409,930.02")
        #expect(NumberText.amount(Decimal(string: "-0.004") ?? 1) == "0.00")
        #expect(NumberText.amount(7, digits: 0) == "7" && NumberText.amount(.nan) == "?")
    }

    @Test func whatIsNotKnownIsNeitherZeroNorBlank() {
        let unknown = CellValue.count(Int?.none).html.markup
        #expect(unknown.contains("?") && unknown.contains("not known"))
        #expect(CellValue.none.html.markup.contains("–"))
        #expect(CellValue.count(0).html.markup == "0")
    }

    @Test func aShortRowHasACellOfEachColumn() {
        let table = DataTable(
            id: "t",
            caption: "c",
            columns: [.init("a"), .init("b"), .init("c")],
            rows: [[.init("1")]]
        )
        let read = MarkupReader(table.html.markup)
        #expect(read.elements.count { $0.name == "td" } == 2)
        #expect(read.problems.isEmpty)
    }

    @Test func aPageStaysSmall() {
        #expect(Styleguide.page(.components).html.markup.utf8.count < 60_000)
    }

    @Test func theTitleSaysWhatAndWhereAndWhetherItWentWrong() {
        #expect(Styleguide.page(.components).title == "Groups · production · Samples")
        #expect(Styleguide.page(.form).title == "Error: New ticket · Samples")
        let none = Page(
            PageFrame(program: "P"),
            heading: "H",
            errors: ErrorSummary(of: [FormField("a", "A")]),
            body: ""
        )
        #expect(none.title == "H · P")
    }

    @Test func aPageThatAsksHasNothingLive() {
        let page = MarkupReader(Styleguide.page(.confirm).html.markup)
        #expect(
            !page.elements.contains { element in
                element.attributes.contains { $0.name == "data-stream" || $0.name == "data-live" }
            }
        )
    }

    @Test func aThemeThatWasChosenIsInTheFirstLine() {
        #expect(Styleguide.page(.plain, theme: .dark).html.markup.contains(#"<html lang="en" data-theme="dark">"#))
        #expect(Styleguide.page(.plain).html.markup.contains(#"<html lang="en">"#))
    }
}
