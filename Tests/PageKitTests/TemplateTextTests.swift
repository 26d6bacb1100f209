import Testing

@testable import PageKit

@Suite struct TemplateTextTests {
    private static func filled(_ source: String, _ values: TemplateValues) throws -> String {
        try TemplateText(source).filled(with: values) { Issue.record("\($0) is missing") }
    }

    @Test func wordsStayAndValuesAreEscapedOnce() throws {
        let values: TemplateValues = ["a": .text("<b> & \u{202E}"), "b": .html("<i> \(Badge("x"))"), "n": .number(7)]
        let text = try Self.filled("{ {{a}}\n{{b}}{{n}} }", values)
        #expect(text == "{ &lt;b&gt; &amp; ⟨U+202E⟩\n&lt;i&gt; <span class=\"badge neutral\">x</span>7 }")
    }

    @Test func aPartIsShownLeftOutOrRepeated() throws {
        let source = "{{#x}}[{{y}}]{{/x}}{{^x}}none {{y}}{{/x}}"
        func of(_ x: TemplateValue) throws -> String { try Self.filled(source, ["x": x, "y": .text("outer")]) }
        #expect(try of(.flag(true)) == "[outer]" && of(.flag(false)) == "none outer")
        #expect(try of(.text("")) == "[outer]" && of(.absent) == "none outer")
        #expect(try of(.group(["y": .text("inner")])) == "[inner]")
        #expect(try of(.list([["y": .text("1")], [:], ["y": .absent]])) == "[1][outer][]")
        #expect(try of(.list([])) == "none outer")
    }

    @Test func whatIsAbsentIsNotLookedForFurtherOut() throws {
        let rows: [TemplateValues] = [["id": .absent], ["id": .text("own")], [:]]
        let values: TemplateValues = ["id": .text("outer"), "rows": .list(rows)]
        #expect(try Self.filled("{{#rows}}<{{#id}}{{id}}{{/id}}>{{/rows}}", values) == "<><own><outer>")
    }

    @Test func aNameThatNothingIsFilledWithIsTold() throws {
        var missing: [String] = []
        let text = try TemplateText("{{a}}{{#b}}{{c}}{{/b}}.").filled(with: ["a": .flag(true)]) { missing.append($0) }
        #expect(text == "." && missing == ["b"])
    }

    @Test(arguments: ["{{a", "{{#a}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "{{/a}}", "{{}}", "{{{a}}}", "{{> a}}", "{{& a}}"])
    func whatIsNoTemplateIsRefused(source: String) {
        #expect(throws: TemplateText.Malformed.self) { try TemplateText(source) }
    }

    @Test(arguments: Template.allCases) func eachTemplateIsOne(template: Template) throws {
        _ = try TemplateText(template.source)
    }
}
