import StrictJSON

/// A field of the contract, compiled: what a value has to be, so that one that is right is found right without an allocation.
/// A class: it is looked at for each event, and copies of a struct would be counted member by member.
final class FieldChecks: Sendable {
    enum Kind: UInt8, Sendable {
        case string, integer, number, boolean, array, object
        /// A type that contracts do not have.
        case none
    }

    let name: [UInt8]
    let nameText: String
    let kind: Kind
    let isRequired: Bool
    /// Of a whole number; of a number where `limitsNumbers` says so.
    let minimum: Int64
    let maximum: Int64
    let limitsNumbers: Bool
    let string: StringChecks
    /// How many elements an array has.
    let minItems: Int
    let maxItems: Int
    /// What an object has.
    let members: [FieldChecks]
    /// What each element of an array is: one, or none for another type.
    let element: [FieldChecks]
    /// What is expected, for messages.
    let expectation: String

    init(_ field: Field) {
        name = Array(field.name.utf8)
        nameText = field.name
        kind =
            switch field.type {
            case .string: .string
            case .integer: .integer
            case .number: .number
            case .boolean: .boolean
            case .array: .array
            case .object: .object
            default: .none
            }
        isRequired = field.isRequired
        minimum = field.minimum ?? .min
        maximum = field.maximum ?? .max
        limitsNumbers = field.minimum != nil || field.maximum != nil
        string = StringChecks(field)
        minItems = field.minItems ?? 0
        maxItems = field.maxItems ?? .max
        members = field.fields.map(FieldChecks.init)
        element = field.items.map { [FieldChecks($0)] } ?? []
        expectation = field.expectation
    }

    /// Appends what is wrong with a value; places in it are relative to it.
    func check(_ value: Int, of json: JSONNodes, into found: inout [Violation]) {
        let node = json[value]
        switch (kind, node.kind) {
        case (.string, .string):
            let failure = node.withString(in: json.text) { string.failure(of: $0) }
            if let failure { report(string.expectation(of: failure, else: expectation)) }
        case (.integer, .integer):
            guard let number: Int64 = node.integer(in: json.text) else { return report("an integer of 64 bits") }
            checkLimits(number < minimum, number > maximum)
        case (.number, .integer), (.number, .decimal):
            guard limitsNumbers else { return }
            let number = Double(node.lexeme(in: json.text)) ?? .nan
            checkLimits(
                minimum > .min && number < Double(minimum),
                maximum < .max && number > Double(maximum)
            )
        case (.boolean, .true), (.boolean, .false):
            break
        case (.array, .array):
            checkElements(of: value, json, into: &found)
        case (.object, .object):
            members.check(value, of: json, into: &found)
        default:
            report(expectation)
        }

        func checkLimits(_ isTooSmall: Bool, _ isTooLarge: Bool) {
            if isTooSmall { return report("\(minimum) or more") }
            if isTooLarge { report("\(maximum) or less") }
        }
        func report(_ expected: String) {
            found.append(
                Violation(field: "", expected: expected, got: node.summary(in: json.text), kind: node.kindName)
            )
        }
    }

    private func checkElements(of array: Int, _ json: JSONNodes, into found: inout [Violation]) {
        var count = 0
        var place = array + 1
        let end = Int(json[array].next)
        while place < end {
            let before = found.count
            element.first?.check(place, of: json, into: &found)
            found.place(from: before, within: "[\(count)]")
            count += 1
            place = Int(json[place].next)
        }
        func report(_ expected: String) {
            found.append(Violation(field: "", expected: expected, got: "\(count)"))
        }
        if count < minItems { report("at least \(minItems) elements") }
        if count > maxItems { report("at most \(maxItems) elements") }
    }
}

extension [FieldChecks] {
    /// Appends what is wrong with an object of these fields; places in it are relative to it.
    func check(_ object: Int, of json: JSONNodes, into found: inout [Violation]) {
        // Members mostly come in the order in which they are declared.
        var next = object + 1
        for index in indices {
            let member = self[index].name.withUnsafeBytes {
                json.nodes.member($0, of: object, expectedAt: next, in: json.text)
            }
            guard let member else {
                if self[index].isRequired { found.append(self[index].missing) }
                continue
            }
            next = Int(json[member].next)
            let before = found.count
            self[index].check(member, of: json, into: &found)
            found.place(from: before, within: self[index].nameText)
        }
    }
}

extension FieldChecks {
    fileprivate var missing: Violation { Violation(field: nameText, expected: expectation, got: "nothing") }
}

extension [Violation] {
    /// Those that have come since say where they are.
    fileprivate mutating func place(from first: Int, within place: @autoclosure () -> String) {
        guard first < count else { return }
        let place = place()
        for index in first..<count { self[index] = self[index].within(place) }
    }
}

/// A JSON text that has been read strictly, lent.
struct JSONNodes {
    let text: UnsafeRawBufferPointer
    let nodes: UnsafePointer<JSONNode>

    subscript(_ index: Int) -> JSONNode { nodes[index] }
}

extension Field {
    fileprivate var expectation: String {
        if let allowed { return "one of \(allowed.joined(separator: ", "))" }
        if let format { return format.expectation }
        switch type {
        case .integer, .array, .object: return "an \(type)"
        case .boolean: return "true or false"
        default: return "a \(type)"
        }
    }
}
