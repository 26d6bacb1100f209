import StrictJSON

/// A look through an event's data: where it is masked, and what the values there are. The text has been read strictly.
struct MaskingLook {
    let text: UnsafeRawBufferPointer
    let nodes: UnsafeBufferPointer<JSONNode>
    /// In the order of the text, none within another.
    private(set) var places: [MaskedPlace] = []
    private(set) var secrets = Secrets()

    init(text: UnsafeRawBufferPointer, nodes: UnsafeBufferPointer<JSONNode>) {
        self.text = text
        self.nodes = nodes
    }

    /// A value that may be shown as far as the rules say; nil: nothing is declared of it.
    mutating func show(_ value: Int, by rules: MaskingRules?) {
        guard let rules, !rules.isPrivate else { return hide(value, rules) }
        switch nodes[value].kind {
        case .object where !rules.members.isEmpty:
            var undeclared = 0
            forEachMember(of: value) { look, key, member in
                let declared = rules.members[look.nodes[key].string(in: look.text)]
                if declared == nil {
                    look.hide(key: key, number: undeclared)
                    undeclared += 1
                }
                look.show(member, by: declared)
            }
        case .array where rules.items != nil:
            forEachElement(of: value) { look, element in look.show(element, by: rules.items) }
        case .null:
            break
        case .object, .array:
            hide(value, rules)
        default:
            // A plain value where an object is declared may be all of it in one.
            if rules.isNested { hide(value, rules) }
        }
    }

    /// A value of which nothing is shown.
    mutating func hide(_ value: Int, _ rules: MaskingRules?) {
        let node = nodes[value]
        let bounds = node.bounds
        places.append(
            MaskedPlace(bounds: node.kind == .string ? bounds.lowerBound - 1..<bounds.upperBound + 1 : bounds)
        )
        remember(value, rules)
    }

    /// A key that nothing is declared of: it may be data.
    private mutating func hide(key: Int, number: Int) {
        let bounds = nodes[key].bounds
        places.append(MaskedPlace(bounds: bounds.lowerBound - 1..<bounds.upperBound + 1, number: number))
        secrets.insert(nodes[key], in: text)
    }

    /// Of an object that is not shown also keys that nothing is declared of: they may be data.
    private mutating func remember(_ value: Int, _ rules: MaskingRules?) {
        let node = nodes[value]
        switch node.kind {
        case .object:
            forEachMember(of: value) { look, key, member in
                let rules = rules?.members[look.nodes[key].string(in: look.text)]
                if rules == nil { look.secrets.insert(look.nodes[key], in: look.text) }
                look.remember(member, rules)
            }
        case .array:
            forEachElement(of: value) { look, element in look.remember(element, rules?.items) }
        default:
            secrets.insert(node, in: text)
        }
    }

    private mutating func forEachMember(of object: Int, _ body: (inout Self, _ key: Int, _ value: Int) -> Void) {
        var key = object + 1
        while key < Int(nodes[object].next) {
            body(&self, key, key + 1)
            key = Int(nodes[key + 1].next)
        }
    }

    private mutating func forEachElement(of array: Int, _ body: (inout Self, _ element: Int) -> Void) {
        var element = array + 1
        while element < Int(nodes[array].next) {
            body(&self, element)
            element = Int(nodes[element].next)
        }
    }
}
