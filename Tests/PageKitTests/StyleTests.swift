import Foundation
import Testing

@testable import PageKit

@Suite struct StyleTests {
    private let style = String(decoding: Assets.Asset.style.bytes, as: UTF8.self)
    private let script = String(decoding: Assets.Asset.script.bytes, as: UTF8.self)

    @Test func styleAndScriptAreSmall() {
        #expect(style.utf8.count <= 14 * 1024)
        #expect(script.utf8.count <= 7 * 1024)
    }

    @Test func nothingIsLoadedFromElsewhere() {
        #expect(!style.contains("url(") && !style.contains("@import") && !style.contains("@font-face"))
        #expect(!script.contains("http:") && !script.contains("https:") && !script.contains("import"))
    }

    @Test func theScriptMakesNoMarkup() {
        for word in [
            "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "createElement",
            "srcdoc", ".style",
        ] {
            #expect(!script.contains(word))
        }
    }

    @Test func eachTokenThatIsUsedIsThere() {
        for use in style.matches(of: /var\((--[a-z0-9-]+)\)/) { #expect(style.contains("\(use.1):")) }
    }

    /// WCAG 2.2: 1.4.3 and 1.4.11, computed from the tokens as they are.
    @Test(arguments: [0, 1])
    func textIsReadableInBothThemes(theme: Int) throws {
        let grounds = ["bg", "surface", "sunken"]
        var pairs: [(String, String, Double)] = []
        for ground in grounds {
            pairs += ["text", "muted", "accent", "danger", "ok", "info", "warning"].map { ($0, ground, 4.5) }
            pairs += ["control", "focus"].map { ($0, ground, 3) }
        }
        pairs += ["danger", "warning", "ok", "info"].map { ($0, "\($0)-bg", 4.5) }
        pairs += ["danger", "warning", "ok", "info", "neutral"].map { ("text", "\($0)-bg", 4.5) }
        pairs += [
            ("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5), ("on-danger", "danger", 4.5),
            ("on-danger", "danger-hover", 4.5),
        ]
        pairs += ["c1", "c2", "c3", "c4"].map { ($0, "surface", 3) }
        for (above, below, needed) in pairs {
            let contrast = try contrast(color(above, theme), color(below, theme))
            #expect(contrast >= needed, "\(above) on \(below): \(contrast)")
        }
    }

    private func color(_ token: String, _ theme: Int) throws -> [Double] {
        let match = try #require(
            try Regex("--\(token):light-dark\\((#[0-9a-f]+),(#[0-9a-f]+)\\)").firstMatch(in: style)
        )
        let text = try #require(match.output[theme + 1].substring).dropFirst()
        let digits =
            text.count == 3
            ? text.map { "\($0)\($0)" } : stride(from: 0, to: 6, by: 2).map { String(text.dropFirst($0).prefix(2)) }
        return try digits.map { Double(try #require(Int($0, radix: 16))) / 255 }
    }

    private func contrast(_ first: [Double], _ second: [Double]) -> Double {
        func luminance(_ color: [Double]) -> Double {
            let linear = color.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        }
        let both = [luminance(first), luminance(second)].sorted()
        return (both[1] + 0.05) / (both[0] + 0.05)
    }
}
