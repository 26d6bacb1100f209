import Perch
import PerchOperating
import Times

/// An operation as JSON: `/operations/ID.json`, and one of `/operations.json`.
struct OperationDocument: Encodable {
    let id, title, state, by, startedAt: String
    /// Left out as long as it runs.
    let endedAt, ending: String?
    /// What it is at just now; left out where the numbers say it all.
    let stage: String?
    let done: UInt64
    /// Left out where it is not known.
    let total: UInt64?
    let unit: String
    let facts: [Fact]

    struct Fact: Encodable {
        let name, value: String
    }

    /// - Parameter maySee: Whether what may quote data of events is shown.
    init(_ operation: Operation, maySee: Bool) {
        let plan = operation.plan
        (id, title, unit) = (operation.id.text, plan.title, plan.unit)
        (state, by, startedAt) = (operation.state.words, operation.by, operation.startedAt.description)
        (done, total) = (operation.done, plan.total > 0 ? plan.total : nil)
        endedAt = operation.endedAt?.description
        ending = operation.ending.isEmpty ? nil : operation.ending
        stage = operation.stage.isEmpty ? nil : operation.stage
        facts = plan.facts.map { Fact(name: $0.name, value: $0.mayQuote && !maySee ? Masking.mask : $0.value) }
    }
}

/// `/operations.json`: the newest first.
struct OperationsDocument: Encodable {
    let operations: [OperationDocument]
    /// There are older ones.
    let isCut: Bool
}
