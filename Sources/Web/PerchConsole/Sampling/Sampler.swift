import Logging
import PageKit
import Perch
import PerchOperating
import ServiceLifecycle
import Times

/// Looks at the system for all who view it: every two seconds while somebody does, else every fifteen. However many pages are open, it
/// costs the servers the same.
actor Sampler: Service {
    private static let quick = Duration.seconds(2)
    /// How long a page waits for a look that is newer than what there is.
    private static let patience = Duration.milliseconds(500)
    /// How long after a page was shown somebody is taken to look at it.
    private static let attention = Duration.seconds(30)

    private let readers: SystemReaders
    private let doctor: OperatedSystem
    private let board: LiveBoard
    private let contract: Contract
    private let diagnosisAge: Duration
    private let restTime: Duration
    /// Nobody looked when it began to wait for the next look.
    private var isResting = false
    /// How often it has looked.
    private(set) var looks = 0
    private var snapshot: SystemSnapshot?
    private var history = History(since: .now)
    private var awaySince: [String: Timestamp] = [:]
    private var seenWorkers: [String: WorkerStatus] = [:]
    private var gone: [SystemSnapshot.GoneWorker] = []
    private var diagnoses: SystemSnapshot.Diagnoses?
    private var isDiagnosing = false
    private var lookedAt: ContinuousClock.Instant?
    /// When the look began that the snapshot is of, and when somebody last changed something from here.
    private var begunAt = ContinuousClock.now
    private var changedAt: ContinuousClock.Instant?
    private var waiting: [AsyncStream<Void>.Continuation] = []
    private let (bells, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// - Parameter restTime: How long it waits from one look to the next where nobody looks.
    init(
        _ connections: SystemConnections,
        diagnosisAge: Duration = .seconds(60),
        restTime: Duration = .seconds(15),
        board: LiveBoard
    ) {
        (self.diagnosisAge, self.restTime) = (diagnosisAge, restTime)
        readers = SystemReaders(connections)
        doctor = OperatedSystem(connections)
        contract = connections.contract
        self.board = board
    }

    func run() async {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await sample()
            await pause()
        }
    }

    /// What is known: of a look that is at most a few seconds old, where the servers answer in time.
    func current() async -> SystemSnapshot {
        lookedAt = .now
        if isResting {
            isResting = false
            bell.yield()
        }
        if let snapshot, Timestamp.now - snapshot.time < Self.quick * 2, isOfNow { return snapshot }
        let (news, arrival) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        waiting.append(arrival)
        bell.yield()
        // The first look is waited for whatever it takes: there is nothing else to show.
        if snapshot == nil {
            for await _ in news { break }
        } else {
            let patience = Task { [patience = Self.patience] in
                try? await Task.sleep(for: patience)
                arrival.finish()
            }
            for await _ in news { break }
            patience.cancel()
        }
        return snapshot ?? SystemSnapshot.empty(contract, history)
    }

    /// What the last look found, however old it is; nil: there was none.
    var known: SystemSnapshot? { snapshot }

    /// Something was changed from here: the next page waits a moment for a look that shows it.
    func noteChange() { changedAt = .now }

    private var isOfNow: Bool { changedAt.map { $0 <= begunAt } ?? true }

    private func sample() async {
        let begun = ContinuousClock.now
        let look = await readers.look()
        take(look, at: .now)
        looks += 1
        begunAt = begun
        // Whoever waits for what they have changed waits for the look after it.
        if isOfNow {
            let arrived = waiting
            waiting = []
            for arrival in arrived {
                arrival.yield()
                arrival.finish()
            }
        } else {
            bell.yield()
        }
        if let snapshot { await board.publish(LiveValues.of(snapshot)) }
        diagnoseWhereDue()
    }

    private func take(_ look: SystemReaders.Look, at now: Timestamp) {
        let order = Dictionary(uniqueKeysWithValues: contract.topics.enumerated().map { ($1.name, $0) })
        let topics = look.topics.sorted { order[$0.topic.name] ?? 0 < order[$1.topic.name] ?? 0 }
        let groups = look.groups.sorted { $0.status.group < $1.status.group }
        history.add(topics: topics, groups: groups, at: now)
        noteAway(topics.flatMap(\.problems) + groups.flatMap(\.problems), at: now)
        noteGone(groups, at: now)
        var problems: [String: ServerProblem] = [:]
        for problem in topics.flatMap(\.problems) + groups.flatMap(\.problems) { problems[problem.server] = problem }
        snapshot = SystemSnapshot(
            time: now,
            topics: topics,
            groups: groups,
            away: problems.values.sorted { $0.server < $1.server }
                .map { .init(problem: $0, since: awaySince[$0.server] ?? now) },
            diagnosis: diagnoses,
            history: history,
            gone: gone
        )
    }

    private func noteAway(_ problems: [ServerProblem], at now: Timestamp) {
        let names = Set(problems.map(\.server))
        for name in names where awaySince[name] == nil { awaySince[name] = now }
        awaySince = awaySince.filter { names.contains($0.key) }
    }

    /// A worker that is no longer told of has gone, unless its database does not tell.
    private func noteGone(_ groups: [GroupReport], at now: Timestamp) {
        for report in groups {
            guard let workers = report.workers else { continue }
            let names = Set(workers.map(\.name))
            for (name, worker) in seenWorkers where worker.group == report.status.group && !names.contains(name) {
                seenWorkers[name] = nil
                gone.append(.init(worker: worker, at: now))
            }
            for worker in workers { seenWorkers[worker.name] = worker }
        }
        gone.removeAll { now - $0.at > Series.span }
        if gone.count > 1000 { gone.removeFirst(gone.count - 1000) }
    }

    private func diagnoseWhereDue() {
        guard isWatched, !isDiagnosing, diagnoses.map({ Timestamp.now - $0.time > diagnosisAge }) ?? true else {
            return
        }
        isDiagnosing = true
        Task { await diagnose() }
    }

    private func diagnose() async {
        // Interrupted: what was found before is what is known.
        if let findings = try? await SystemDiagnosis(doctor).findings() {
            diagnoses = .init(time: .now, findings: findings)
        }
        isDiagnosing = false
    }

    /// Lets the doctor look now, unless it does already.
    func diagnoseAgain() async {
        // One that began before may not have seen what is to be seen now.
        while isDiagnosing {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return }
        }
        isDiagnosing = true
        await diagnose()
        // The look that shows it is `run`'s: two at a time would overtake one another.
        noteChange()
        _ = await current()
    }

    private var isWatched: Bool { lookedAt.map { ContinuousClock.now - $0 < Self.attention } ?? false }

    private func pause() async {
        let streams = await board.streamCount
        if streams > 0 { lookedAt = .now }
        isResting = !isWatched
        let time = isResting ? restTime : Self.quick
        let alarm = Task { [bell] in
            if (try? await Task.sleep(for: time)) != nil { bell.yield() }
        }
        for await _ in bells.cancelOnGracefulShutdown() { break }
        alarm.cancel()
    }
}

extension SystemSnapshot {
    fileprivate static func empty(_ contract: Contract, _ history: History) -> SystemSnapshot {
        SystemSnapshot(time: .now, topics: [], groups: [], away: [], diagnosis: nil, history: history, gone: [])
    }
}
