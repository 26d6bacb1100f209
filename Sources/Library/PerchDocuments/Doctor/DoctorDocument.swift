package import PerchOperating

/// Findings as JSON.
package struct DoctorDocument: Encodable {
    let contract: ContractDocument
    let findings: [Entry]

    struct Entry: Encodable {
        let severity, code, subject, message, advice: String
        let facts: Facts
    }

    /// By name, as the library names them.
    struct Facts: Encodable {
        let facts: [String: Diagnosis.Fact]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Name.self)
            for (name, fact) in facts {
                switch fact {
                case .text(let value): try container.encode(value, forKey: Name(stringValue: name))
                case .number(let value): try container.encode(value, forKey: Name(stringValue: name))
                case .seconds(let value): try container.encode(value, forKey: Name(stringValue: "\(name)_seconds"))
                case .flag(let value): try container.encode(value, forKey: Name(stringValue: name))
                case .list(let value): try container.encode(value, forKey: Name(stringValue: name))
                }
            }
        }

        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    /// - Parameter words: What the program says of a finding.
    package init(
        _ findings: [Diagnosis],
        _ contract: ContractDocument,
        words: (Diagnosis.Finding) -> FindingWords
    ) {
        self.contract = contract
        self.findings = findings.map {
            let words = words($0.finding)
            return Entry(
                severity: $0.severity.rawValue,
                code: $0.code,
                subject: words.subject,
                message: words.message,
                advice: words.advice,
                facts: Facts(facts: $0.facts)
            )
        }
    }
}
