import ArgumentParser
import Foundation
import Perch
import PerchOperating

/// `perch groups`, `perch groups describe G`.
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "The consumer groups: how far behind they are, who runs them, what failed.",
        discussion: Help.flowing(
            """
            LAG is the number of events past the checkpoint in Postgres, OLDEST the age of the first of them: right also
            after a trim, where Redis itself reports none. PENDING is what Redis has delivered and not yet heard the
            acknowledgement of; its effects may be committed already. FAILED is tried again by itself, HELD waits behind
            a failed event of its key, DEAD waits for an operator.

            EXAMPLES
              perch groups
              perch groups --watch
              perch groups describe accounting
              perch groups --json | jq '.groups[] | select(.lag > 1000)'

            EXIT CODES  0 fine · 2 a server or the contract could not be read · 64 wrong usage
            """
        ),
        subcommands: [List.self, Describe.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "All groups, a line a topic.",
            usage: "perch groups [list] [<options>]"
        )
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let status = SystemStatus(OperatedSystem(try connections.system()))
                try await Console.watch(watching) {
                    try GroupsCommand.show(try await status.groups(), json) { GroupsTable.text($0, .current()) }
                }
            }
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "describe",
            abstract: "One group: each partition, its checkpoint and owner.",
            usage: "perch groups describe <group> [<options>]"
        )
        @Argument(help: "The group.") var group: String
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let system = try connections.system()
                let group = try Names.group(group, in: system)
                let status = SystemStatus(OperatedSystem(system))
                try await Console.watch(watching) {
                    try GroupsCommand.show(try await status.groups(only: group), json) { reports in
                        reports.map { GroupsTable.description(of: $0, .current()) }.joined()
                    }
                }
            }
        }
    }

    private static func show(_ reports: [GroupReport], _ json: Bool, _ text: ([GroupReport]) -> Shown) throws {
        Console.out(json ? try JSONOutput.shown(GroupsDocument(reports)) : text(reports))
        let problems = reports.reduce(into: [ServerProblem]()) { known, report in
            known += report.problems.filter { !known.contains($0) }
        }
        if let code = Console.report(problems) { throw code }
    }
}

/// What a group makes of one topic: its partitions together.
struct GroupLine {
    let group: GroupName
    let topic: TopicName
    let partitions: [GroupStatus.PartitionStatus]
    /// Nil: not known.
    let liveWorkers: Int?
    /// Nil: it has none, as far as is known.
    let limit: DeclaredLimit?

    static func lines(of report: GroupReport) -> [GroupLine] {
        let topics = report.status.partitions.map(\.partition.topic).reduce(into: [TopicName]()) {
            if $0.last != $1 { $0.append($1) }
        }
        return topics.map { topic in
            GroupLine(
                group: report.status.group,
                topic: topic,
                partitions: report.status.partitions.filter { $0.partition.topic == topic },
                liveWorkers: report.workers.map { $0.count(where: \.isLive) },
                limit: report.subscriptions[topic]?.limit
            )
        }
    }

    var lag: Int64? { sum(\.lag) }
    var pending: Int64? { sum(\.pending) }
    var oldest: Duration? { partitions.compactMap(\.oldestUnprocessedAge).max() }
    var failed: Int64? { sum { $0.failed.map { Int64($0.failed) } } }
    var held: Int64? { sum { $0.failed.map { Int64($0.held) } } }
    var dead: Int64? { sum { $0.failed.map { Int64($0.dead) } } }
    var isPaused: Bool { partitions.contains { $0.isPaused == true } }

    var state: (text: String, tint: Tint) {
        guard let liveWorkers else { return ("unknown", .bad) }
        if isPaused {
            let isWhole = partitions.allSatisfy { $0.isPaused == true }
            return (isWhole ? "paused" : "paused in part", .warning)
        }
        if partitions.allSatisfy({ $0.checkpoint == nil }) { return ("never ran", .warning) }
        if liveWorkers == 0 { return ("nobody runs it", .bad) }
        if partitions.contains(where: { $0.owner == nil }) { return ("no owner", .warning) }
        if limit?.isWaitedFor == true { return ("at its limit", .warning) }
        return ("running", .good)
    }

    private func sum(_ value: (GroupStatus.PartitionStatus) -> Int64?) -> Int64? {
        let values = partitions.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}

/// Groups as tables.
enum GroupsTable {
    static func text(_ reports: [GroupReport], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "GROUP"), .init(header: "TOPIC"), .init(header: "LAG", isRight: true),
            .init(header: "OLDEST", isRight: true), .init(header: "PENDING", isRight: true, dispensable: 2),
            .init(header: "FAILED", isRight: true, dispensable: 3),
            .init(header: "HELD", isRight: true, dispensable: 4),
            .init(header: "DEAD", isRight: true), .init(header: "WORKERS", isRight: true, dispensable: 1),
            .init(header: "STATE"),
        ])
        for line in reports.flatMap(GroupLine.lines) {
            table.add([
                Table.Cell(line.group.rawValue, .name), Table.Cell(line.topic.rawValue),
                Table.Cell(Format.count(line.lag), line.lag ?? 0 > 10_000 ? .warning : nil),
                Table.Cell(line.lag == 0 ? "-" : Format.age(line.oldest)), Table.Cell(Format.count(line.pending)),
                Table.Cell(Format.count(line.failed), line.failed ?? 0 > 0 ? .warning : nil),
                Table.Cell(Format.count(line.held), line.held ?? 0 > 0 ? .warning : nil),
                Table.Cell(Format.count(line.dead), line.dead ?? 0 > 0 ? .bad : nil),
                Table.Cell(Format.count(line.liveWorkers)), Table.Cell(line.state.text, line.state.tint),
            ])
        }
        let isFromLog = reports.contains { $0.status.partitions.contains(where: \.isLagFromLog) }
        return table.text(screen) + (isFromLog ? "LAG is by the owners' databases, since Redis did not tell.\n" : "")
    }

    static func description(of report: GroupReport, _ screen: Screen) -> Shown {
        var text: Shown = screen.tinted(report.status.group.rawValue, .name) + "\n"
        for line in GroupLine.lines(of: report) {
            let declared = report.subscriptions[line.topic]
            let replay =
                switch (declared?.isIdempotent, declared?.hasReset) {
                case (true?, _): "may be replayed"
                case (_, true?): "may be rebuilt by its program, not replayed"
                case (false?, false?): "may not be replayed"
                default: "not known whether it may be replayed"
                }
            let limit = line.limit.map { " · at most \(Self.words(of: $0.limit))" } ?? ""
            text += "  \(line.topic)  \(screen.tinted(line.state.text, line.state.tint)) · \(replay)\(limit)\n"
        }
        var table = Table([
            .init(header: "PARTITION"), .init(header: "CHECKPOINT"), .init(header: "LAST-ID", dispensable: 2),
            .init(header: "LAG", isRight: true), .init(header: "OLDEST", isRight: true),
            .init(header: "PENDING", isRight: true, dispensable: 1),
            .init(header: "DEAD", isRight: true, dispensable: 3),
            .init(header: "OWNER", isCuttable: true),
        ])
        for partition in report.status.partitions {
            let owner = partition.isPaused == true ? "(paused)" : partition.owner ?? "-"
            table.add([
                Table.Cell(partition.partition.description, .name),
                Table.Cell(partition.checkpoint.map { "\($0)" } ?? "-"),
                Table.Cell(partition.lastEntry.map { "\($0)" } ?? "-"), Table.Cell(Format.count(partition.lag)),
                Table.Cell(partition.lag == 0 ? "-" : Format.age(partition.oldestUnprocessedAge)),
                Table.Cell(Format.count(partition.pending)),
                Table.Cell(Format.count(partition.failed.map(\.dead)), partition.failed?.dead ?? 0 > 0 ? .bad : nil),
                Table.Cell(owner),
            ])
        }
        return text + "\n" + table.text(screen)
    }

    /// `50 a second and 4 at a time (bank)`
    private static func words(of limit: WorkLimit) -> String {
        let rate = limit.perSecond.map { "\(Int(exactly: $0).map(String.init) ?? "\($0)") a second" }
        let slots = limit.atATime.map { "\($0) at a time" }
        return [rate, slots].compactMap(\.self).joined(separator: " and ") + " (\(limit.name))"
    }
}

/// Groups as JSON.
struct GroupsDocument: Encodable {
    let groups: [Group]
    let problems: [ProblemDocument]

    struct Group: Encodable {
        /// `name` from before every document that is about a group said `group`.
        let name, group, topic, state: String
        let lag: Int64?
        let oldestSeconds: Double?
        let pending, failed, held, dead: Int64?
        let workers: Int?
        let isIdempotent, hasReset: Bool?
        let limit: Limit?
        let partitions: [Partition]
    }

    /// What its handlers may do at most.
    struct Limit: Encodable {
        let name: String
        let perSecond: Double?
        let atATime: Int?
        /// Events wait in the stream for it.
        let isWaitedFor: Bool

        init(_ declared: DeclaredLimit) {
            name = declared.limit.name.rawValue
            perSecond = declared.limit.perSecond
            atATime = declared.limit.atATime
            isWaitedFor = declared.isWaitedFor
        }
    }

    struct Partition: Encodable {
        let number: Int
        let checkpoint, lastId, owner: String?
        let isPaused: Bool?
        let lag: Int64?
        let lagIsFromLog: Bool?
        let oldestSeconds: Double?
        let pending: Int64?
        let failed, held, dead: Int?
    }

    init(_ reports: [GroupReport]) {
        groups = reports.flatMap { report in
            GroupLine.lines(of: report).map { line in
                Group(
                    name: line.group.rawValue,
                    group: line.group.rawValue,
                    topic: line.topic.rawValue,
                    state: line.state.text,
                    lag: line.lag,
                    oldestSeconds: line.oldest?.rounded,
                    pending: line.pending,
                    failed: line.failed,
                    held: line.held,
                    dead: line.dead,
                    workers: line.liveWorkers,
                    isIdempotent: report.subscriptions[line.topic]?.isIdempotent,
                    hasReset: report.subscriptions[line.topic]?.hasReset,
                    limit: line.limit.map(Limit.init),
                    partitions: line.partitions.map(Partition.init)
                )
            }
        }
        problems = reports.flatMap(\.problems).map(ProblemDocument.init)
    }
}

extension GroupsDocument.Partition {
    init(_ status: GroupStatus.PartitionStatus) {
        self.init(
            number: status.partition.number.rawValue,
            checkpoint: status.checkpoint?.description,
            lastId: status.lastEntry?.description,
            owner: status.owner,
            isPaused: status.isPaused,
            lag: status.lag,
            lagIsFromLog: status.isLagFromLog ? true : nil,
            oldestSeconds: status.oldestUnprocessedAge?.rounded,
            pending: status.pending,
            failed: status.failed?.failed,
            held: status.failed?.held,
            dead: status.failed?.dead
        )
    }
}
