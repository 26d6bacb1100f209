import Foundation

/// The measurements of the console, each with what it prints.
struct ConsoleBench {
    let servers: BenchServers
    let console: String
    let own: String
    let seconds: Int

    private static let partitions = 8
    private static let many = 50
    private static let rate = 20_000
    private static let streams = ["/", "/topics", "/groups", "/workers", "/failed"].map { "/live?of=\($0)" }
    private static let anyPage = "any, asked for by 20 people once a second each"
    private static let pages = [
        "/", "/topics", "/topics/\(Posted.topic)", "/topics/\(Posted.topic)/events", "/groups", "/groups/bench",
        "/workers", "/failed", "/doctor", "/audit",
    ]

    // MARK: Beside a worker

    /// Who looks while the worker works.
    private enum Company: CaseIterable {
        case none, console, viewers, people, questions

        var words: String {
            switch self {
            case .none: "none"
            case .console: "nobody looks"
            case .viewers: "\(many) open pages"
            case .people: "\(many) open pages, 20 people ask once a second"
            case .questions: "20 connections ask as fast as they can"
            }
        }
    }

    func besideWorker(events: Int, pairs: Int) async throws -> String {
        var rates: [Company: [Double]] = [:]
        var times: [String: [PageTimes]] = [:]
        for pair in 1...pairs {
            // In the other order each time.
            for company in pair % 2 == 1 ? Company.allCases : Company.allCases.reversed() {
                ProgressLine.say("a worker, and the console: \(company.words), \(pair) of \(pairs)")
                rates[company, default: []].append(
                    try await workerRate(events, company) { times[$0, default: []].append($1) }
                )
            }
        }
        ProgressLine.say(nil)
        let alone = rates[.none] ?? []
        let costs = Company.allCases.map { company in
            let rates = rates[company] ?? []
            return [
                company.words, cell(rates, Report.whole),
                cell(zip(rates, alone).map { $0 / $1 * 100 }) { Report.decimal($0, 1) },
            ]
        }
        let pages = ([Self.anyPage] + Self.pages).compactMap { page in
            times[page].map { times in
                [
                    page, cell(times.map(\.median), tenths), cell(times.map(\.p99), tenths),
                    cell(times.map(\.rate), Report.whole),
                ]
            }
        }
        return """
            A worker at full speed (\(Report.whole(Double(events))) events, set-based), median (least–most) of \(pairs) runs

            \(Table(["the console", "worker, events/s", "% of alone"], costs).text)

            Pages beside that worker; but for the first row 20 connections ask as fast as they can, a second for each page in turn

            \(Table(["page", "p50, ms", "p99, ms", "answers/s"], pages).text)

            """
    }

    private func workerRate(
        _ events: Int,
        _ company: Company,
        _ note: @escaping (String, PageTimes) -> Void
    ) async throws -> Double {
        var options = SideOptions(.consume) {
            $0.handler = .batch
            $0.partitions = Self.partitions
            $0.workers = 2
            $0.events = events
        }
        options.postgres = try await servers.prepare(Scene(entries: events), partitions: Self.partitions)
        options.redisPort = servers.redisPort
        let side = try SideProcess("perch-bench side", own, ["side"] + options.arguments)
        defer { side.kill() }
        guard company != .none else { return try begun(side) }
        let console = try start(options)
        defer { console.end() }
        if company == .viewers || company == .people { try console.open(Self.manyStreams) }
        if company == .people || company == .questions { try console.prepareQuestions(pages: Self.pages) }
        guard company == .people || company == .questions else {
            let rate = try begun(side)
            try console.checkViewers()
            return rate
        }
        for page in Self.pages { _ = try console.ask(for: page, seconds: 1) }
        try side.begin()
        var turn = 0
        while !side.isDone {
            let page = company == .people ? nil : Self.pages[turn % Self.pages.count]
            let times = try console.ask(for: page, seconds: page == nil ? 3 : 1)
            // What the worker did not accompany to its end does not count.
            if !side.isDone { note(page ?? Self.anyPage, times) }
            turn += 1
        }
        if company == .people { try console.checkViewers() }
        return try finish(side)
    }

    private func begun(_ side: SideProcess) throws -> Double {
        try side.begin()
        return try finish(side)
    }

    private func finish(_ side: SideProcess) throws -> Double {
        let values = try side.result()
        try servers.tidy()
        return (values["measured"] ?? 0) / max(values["seconds"] ?? 0, 1e-9)
    }

    // MARK: One viewer, and many

    func viewers(pairs: Int) async throws -> String {
        let counts = [0, 1, Self.many]
        var asked: [Int: [(commands: Double, transactions: Double, cpu: Double)]] = [:]
        for pair in 1...pairs {
            for count in pair % 2 == 1 ? counts : counts.reversed() {
                ProgressLine.say("\(count) open pages, \(pair) of \(pairs)")
                var options = SideOptions(.idle)
                options.postgres = try await servers.prepare(Scene(), partitions: Self.partitions)
                let console = try start(options)
                defer { console.end() }
                try console.open(Array(Self.manyStreams.prefix(count)))
                // The first looks are over.
                try await Task.sleep(for: .seconds(5))
                let (before, cpu, began) = (try servers.asked(), console.cpu, ContinuousClock.now)
                try await Task.sleep(for: .seconds(seconds))
                let (after, used) = (try servers.asked(), console.cpu - cpu)
                let time = began.duration(to: .now) / .seconds(1)
                try console.checkViewers()
                asked[count, default: []].append(
                    (
                        Double(after.commands - before.commands) / time,
                        Double(after.transactions - before.transactions) / time, used / time
                    )
                )
                console.end()
                try servers.tidy()
            }
        }
        ProgressLine.say(nil)
        let rows = counts.map { count in
            let asked = asked[count] ?? []
            return [
                "\(count)", cell(asked.map(\.commands), tenths), cell(asked.map(\.transactions), tenths),
                cell(asked.map { $0.cpu * 100 }, tenths),
            ]
        }
        return """
            What open pages ask of servers that nobody else asks, a second, median (least–most) of \(pairs) runs

            \(Table(["open pages", "commands to Redis", "transactions of Postgres", "the console's CPU, % of a core"], rows).text)

            """
    }

    // MARK: A topic that is followed

    func followedTopic(pairs: Int) async throws -> String {
        var rows: [[String]] = []
        for pair in 1...pairs {
            ProgressLine.say("a topic of \(Self.rate) events a second, \(pair) of \(pairs)")
            var options = SideOptions(.whole) {
                $0.handler = .batch
                $0.partitions = Self.partitions
                $0.rate = Double(Self.rate)
                $0.transaction = 100
            }
            // It is ended before.
            options.events = Self.rate * (seconds + 60) * 10
            options.postgres = try await servers.prepare(Scene(), partitions: Self.partitions)
            options.redisPort = servers.redisPort
            let side = try SideProcess("perch-bench side", own, ["side"] + options.arguments)
            defer { side.kill() }
            let console = try start(options)
            defer { console.end() }
            try side.begin()
            try console.open(["/live/tail/\(Posted.topic)?past=0-0"])
            try await Task.sleep(for: .seconds(2))
            let (entries, cpu, began) = (
                try servers.entries(partitions: Self.partitions), console.cpu, ContinuousClock.now
            )
            var memory: [Double] = []
            while began.duration(to: .now) < .seconds(seconds) {
                memory.append(console.memory / 1_048_576)
                try await Task.sleep(for: .seconds(1))
            }
            let time = began.duration(to: .now) / .seconds(1)
            try console.checkViewers()
            let third = max(1, memory.count / 3)
            let parts = [memory.prefix(third), memory.dropFirst(third).prefix(third), memory.suffix(third)]
            rows.append(
                [Report.whole(Double(try servers.entries(partitions: Self.partitions) - entries) / time)]
                    + parts.map { tenths(Spread(Array($0)).median) }
                    + [tenths(memory.max() ?? 0), tenths((console.cpu - cpu) / time * 100)]
            )
            console.end()
            side.kill()
            try servers.tidy()
        }
        ProgressLine.say(nil)
        let heads = ["events/s", "first third, MiB", "second", "last", "most", "CPU, % of a core"]
        return """
            The console's memory while one page follows a topic, \(seconds) s each

            \(Table(heads, rows).text)
            """
    }

    // MARK: Helpers

    private static var manyStreams: [String] { (0..<many).map { streams[$0 % streams.count] } }

    private func start(_ options: SideOptions) throws -> ConsoleUnderLoad {
        try ConsoleUnderLoad(
            console,
            redisPort: servers.redisPort,
            database: options.postgres,
            partitions: Self.partitions
        )
    }

    private func tenths(_ value: Double) -> String { Report.decimal(value, 1) }

    private func cell(_ values: [Double], _ format: (Double) -> String) -> String {
        values.isEmpty ? "–" : Spread(values).text(format)
    }
}
