import Logging
import PerchProtocol
import Testing

@testable import Perch

/// When a heartbeat looks at the leases, and when it takes them to be as they were.
struct HeartbeatLookTests {
    @Test func itLooksOnceAndThenWhenTheMarkHasChanged() throws {
        let marks = [(1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (2, 7), (2, 7), (2, 1)].map {
            LeaseBeat(mark: LeaseMark(revision: $0, living: $1), isSettled: true, clock: 5)
        }
        let (tables, board) = try beat(marks)
        #expect(tables.looksBefore == [1, 1, 1, 2, 2, 3, 3, 4])
        #expect(
            board.view(of: worker).clock == 5 && board.view(of: worker).claimable.total == 4,
            "what the last look has found"
        )
    }

    @Test func itLooksEachTimeWhileSomethingWaitsThatNoMarkTellsOf() throws {
        let mark = LeaseMark(revision: 1, living: 1)
        let restless = (0..<3).map { _ in LeaseBeat(mark: mark, isSettled: false, clock: 0) }
        #expect(try beat(restless).tables.looksBefore == [1, 2, 3])
        let calm = (0..<3).map { _ in LeaseBeat(mark: mark, isSettled: true, clock: 0) }
        #expect(try beat(calm, isSettled: false).tables.looksBefore == [1, 2, 3])
    }

    /// A process of the release before was killed: the mark does not tell that its row is gone, and shares were whole until then.
    @Test func itLooksOnceMoreWhenWhatMarksDoNotTellOfIsOver() throws {
        let mark = LeaseMark(revision: 1, living: 1)
        let beats = [false, true, true].map { LeaseBeat(mark: mark, isSettled: $0, clock: 0) }
        #expect(try beat(beats).tables.looksBefore == [1, 2, 2])
    }

    /// The server behind it may be an older state of itself.
    @Test func itLooksOnANewConnectionWhateverTheMark() throws {
        let marks = (0..<4).map { _ in LeaseBeat(mark: LeaseMark(revision: 1, living: 1), isSettled: true, clock: 0) }
        #expect(try beat(marks, failingAt: 2).tables.looksBefore == [1, 1, 2, 2])
    }

    /// A mark of the look itself: what changed between the beat and the look is looked at again.
    @Test func whatHasChangedBetweenTheBeatAndTheLookIsLookedAtAgain() throws {
        let marks = [1, 1, 2, 2].map { LeaseBeat(mark: LeaseMark(revision: $0, living: 1), isSettled: true, clock: 0) }
        #expect(try beat(marks, seesAhead: true).tables.looksBefore == [1, 2, 2, 2])
    }

    private func beat(
        _ beats: [LeaseBeat],
        isSettled: Bool = true,
        failingAt failure: Int? = nil,
        seesAhead: Bool = false
    ) throws -> (tables: ScriptedTables, board: LeaseBoard) {
        let board = LeaseBoard()
        let tables = ScriptedTables(beats, isSettled: isSettled, failingAt: failure, seesAhead: seesAhead)
        try HeartbeatLoop(
            workers: [worker],
            group: ConsumerGroup(name: "g", subscriptions: []),
            partitions: [],
            board: board,
            lease: .seconds(5),
            every: .milliseconds(500),
            world: ScriptedWorld(tables: tables),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { tables }.run()
        return (tables, board)
    }
}

private let worker = WorkerID(rawValue: "w")

private final class ScriptedTables: HeartbeatTables {
    private let beats: [LeaseBeat]
    private let isSettled: Bool
    private let seesAhead: Bool
    private var failure: Int?
    private var next = 0
    private var looks = 0
    /// How often it had been looked at when a beat was over.
    private(set) var looksBefore: [Int] = []

    init(_ beats: [LeaseBeat], isSettled: Bool, failingAt failure: Int?, seesAhead: Bool) {
        self.beats = beats
        self.isSettled = isSettled
        self.failure = failure
        self.seesAhead = seesAhead
    }

    var isOver: Bool { next == beats.count }

    func waited() { if next > looksBefore.count { looksBefore.append(looks) } }

    static func failure(of error: any Error) -> ServerFailure? { error as? ServerFailure }
    func declare(_ group: ConsumerGroup, _ partitions: [Partition]) -> [TopicName: Int] { [:] }

    func beat(_ standing: [WorkerID], lease: Duration) throws -> LeaseBeat {
        if failure == next {
            failure = nil
            throw ServerFailure(.lost, NeverAsked())
        }
        next += 1
        return beats[next - 1]
    }

    func look(_ workers: [WorkerID], lease: Duration) -> LeaseSight {
        looks += 1
        let mark = seesAhead ? beats.last?.mark : beats[next - 1].mark
        return LeaseSight(
            view: LeaseView(claimable: .whole(looks)),
            live: [worker],
            owned: [],
            mark: mark ?? LeaseMark(revision: 0, living: 0),
            isSettled: isSettled
        )
    }

    func giveUp(_ leases: [OwnedLease]) {}
    func leave(_ workers: [WorkerID]) {}
}

private struct NeverAsked: Error {}

private struct ScriptedWorld: Surroundings {
    let tables: ScriptedTables

    var now: Duration { .zero }
    func drawSeed() -> UInt64 { 1 }
    var isToldToStop: Bool {
        tables.isOver
            && {
                tables.waited(); return true
            }()
    }
    var isOverdue: Bool { false }
    func wait(atMost limit: Duration) { tables.waited() }
}
