import ArgumentParser
import Foundation
import Logging
import Perch
import Postgres
import ServiceKit
import ServiceLifecycle
import UnixSignals

struct OfficeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "office",
        abstract: "People at work: they create, reassign and close tickets, through the services' own code.",
        discussion: """
            A demo and a load generator. Needs the databases of auth and tracker, migrated, and their relays running
            (popug auth work, popug tracker work), since the tracker learns of employees by events.

            EXAMPLES
              popug office                                        a calm day without an end
              popug office --tickets 5000 --rate 500 --seed 7     a load test
            """
    )

    @OptionGroup var options: ServiceOptions
    @Option(help: "Employees to add before work begins.") var employees = 10
    @Option(help: "Stop after this many tickets were created and closed; 0: never.") var tickets = 0
    @Option(help: "Actions a second, over all people.") var rate = 2.0
    @Option(help: "How many act at the same time.") var people = 4
    @Option(help: "The press of the reassign button comes once in this many actions; 0: never.") var reassignEvery = 200
    @Option(help: "Draws the same actions again; names and ids are new all the same.") var seed: UInt64?

    func validate() throws {
        guard rate > 0, rate <= 100_000 else { throw ValidationError("--rate takes more than 0, got \(rate)") }
        guard (1...64).contains(people) else { throw ValidationError("--people takes 1 to 64, got \(people)") }
        guard employees >= 0, tickets >= 0, reassignEvery >= 0 else {
            throw ValidationError("--employees, --tickets and --reassign-every take no negative number")
        }
    }

    func run() async throws {
        let settings = try options.settings()
        let seed = seed ?? .random(in: 0...9999)
        let office = Office(
            auth: Database(try settings.require(.databaseURL(of: "auth")), size: 1),
            tracker: Database(try settings.require(.databaseURL(of: "tracker")), size: people),
            plan: OfficePlan(tickets: tickets, rate: rate, people: people, reassignEvery: reassignEvery, seed: seed)
        )
        print("office: seed \(seed); hiring \(employees) employees")
        try await office.hire(employees)
        let day = ServiceGroupConfiguration.ServiceConfiguration(
            service: OfficeDay(office: office),
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [day],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: settings.logger("popug.office")
            )
        ).run()
        let total = await office.tally
        print("office: \(total)")
    }
}

/// The office as a service: work goes on until the plan is done or somebody asks to stop.
private struct OfficeDay: Service {
    let office: Office

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { tasks in
                // Both end early only when they are cancelled, which is how the day is ended.
                tasks.addTask { try? await office.work() }
                tasks.addTask { try? await report() }
                await tasks.next()
                tasks.cancelAll()
            }
        }
    }

    /// A line a second, rewritten in place on a terminal.
    private func report() async throws {
        var last = OfficeTally()
        while !Task.isCancelled {
            try await Task.sleep(for: .seconds(1))
            let now = await office.tally
            LiveLine.show("office: \(now) · \(now.actions - last.actions)/s")
            last = now
        }
    }
}
