/// What a node of a cluster says of itself and of the others.
package struct ClusterReport: Sendable, Equatable {
    /// A slot of which one node has given keys away, or another taken some, and whose move has not ended.
    package struct Move: Hashable, Sendable {
        /// 0 to 16,383.
        package let slot: Int
        /// `HOST:PORT`, or the node's id where its address is not known.
        package let from: String
        package let to: String
    }

    /// A node that is held for gone.
    package struct Doubt: Hashable, Sendable {
        /// `HOST:PORT`, or the node's id where its address is not known.
        package let node: String
        /// Most of the masters agree; else only who says it.
        package let isAgreed: Bool
        package let isReplica: Bool
    }

    /// False where it says `cluster_state:fail`: it refuses all commands.
    package private(set) var isInOrder = true
    /// It refuses all commands where one slot has no master; nil: it does not tell its settings to this user.
    package private(set) var wantsAllSlots: Bool?
    package private(set) var moves: [Move] = []
    package private(set) var doubts: [Doubt] = []
    /// Why it does not tell of moves and of other nodes; nil: it does.
    package private(set) var refusal: String?

    /// - Parameters:
    ///   - asked: By which address it was asked.
    ///   - info: What it answers to CLUSTER INFO.
    ///   - nodes: What it answers to CLUSTER NODES.
    ///   - wantsAllSlots: Its `cluster-require-full-coverage`.
    init(of asked: String, info: String, nodes: StreamAnswer<String>, wantsAllSlots: Bool?) {
        isInOrder = !info.split(whereSeparator: \.isNewline).contains("cluster_state:fail")
        self.wantsAllSlots = wantsAllSlots
        switch nodes {
        case .told(let text): read(text, of: asked)
        case .troubled(let reason): refusal = reason
        case .missing: break
        }
    }

    /// A line a node: `ID IP:PORT@BUS FLAGS MASTER PING PONG EPOCH LINK SLOT…`
    private mutating func read(_ text: String, of asked: String) {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }.filter { $0.count > 2 }
        var names: [Substring: String] = [:]
        for fields in lines {
            names[fields[0]] =
                Self.flags(fields).contains("myself") ? asked : Self.address(fields[1]) ?? String(fields[0])
        }
        for fields in lines {
            let flags = Self.flags(fields)
            let name = names[fields[0]] ?? String(fields[0])
            if flags.contains("fail") || flags.contains("fail?") {
                doubts.append(
                    .init(node: name, isAgreed: flags.contains("fail"), isReplica: flags.contains("slave"))
                )
            }
            // Only its own line has them.
            for field in fields.dropFirst(8) where field.hasPrefix("[") {
                guard let move = Self.move(field.dropFirst().dropLast(), of: name, names) else { continue }
                moves.append(move)
            }
        }
    }

    private static func flags(_ fields: [Substring]) -> [Substring] { fields[2].split(separator: ",") }

    /// Nil where the node has none that is known.
    private static func address(_ field: Substring) -> String? {
        let address = field.prefix { $0 != "@" }
        return address.hasPrefix(":") || address.isEmpty ? nil : String(address)
    }

    /// `93->-ID`: it goes to that node; `93-<-ID`: it comes from there.
    private static func move(_ text: Substring, of name: String, _ names: [Substring: String]) -> Move? {
        for (arrow, isAway) in [("->-", true), ("-<-", false)] {
            guard let range = text.firstRange(of: arrow), let slot = Int(text[..<range.lowerBound]) else { continue }
            let other = text[range.upperBound...]
            let otherName = names[other] ?? String(other)
            return Move(slot: slot, from: isAway ? name : otherName, to: isAway ? otherName : name)
        }
        return nil
    }
}
