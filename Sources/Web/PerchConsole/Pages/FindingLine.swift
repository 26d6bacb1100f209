import PageKit
import PerchOperating

/// A finding of the doctor in one line, by its code and facts: `Dead letters: count 7, group billing`. Its page has all of it.
enum FindingLine {
    static func title(of diagnosis: Diagnosis) -> String {
        let words = diagnosis.code.replacing("-", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    static func facts(of diagnosis: Diagnosis) -> String {
        diagnosis.facts.sorted { $0.key < $1.key }.map { name, fact in
            "\(name.replacing("_", with: " ")) \(text(fact))"
        }.joined(separator: ", ")
    }

    private static func text(_ fact: Diagnosis.Fact) -> String {
        switch fact {
        case .text(let text): text
        case .number(let number): NumberText.count(number)
        case .seconds(let seconds): "\(NumberText.count(Int64(clamping: seconds.rounded()))) s"
        case .flag(let flag): flag ? "yes" : "no"
        case .list(let names): names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " …" : "")
        }
    }
}
