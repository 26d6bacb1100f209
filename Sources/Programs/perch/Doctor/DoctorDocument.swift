import Perch
import PerchOperating

/// Findings as JSON.
struct DoctorDocument: Encodable {
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

    init(_ findings: [Diagnosis], _ contract: LocatedContract) {
        self.contract = ContractDocument(contract)
        self.findings = findings.map {
            let text = FindingText($0.finding)
            return Entry(
                severity: $0.severity.rawValue,
                code: $0.code,
                subject: text.subject,
                message: text.message,
                advice: text.advice,
                facts: Facts(facts: $0.facts)
            )
        }
    }
}

/// Which contract a command went by, as JSON.
struct ContractDocument: Encodable {
    let folder, from: String

    init(_ contract: LocatedContract) { (folder, from) = (contract.folder, contract.origin.rawValue) }
}
