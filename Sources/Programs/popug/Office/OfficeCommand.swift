import ArgumentParser
import Foundation
import HTTPKit
import Logging
import Perch
import ServiceKit
import ServiceLifecycle
import Tracker
import UnixSignals

struct OfficeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "office",
        abstract: "People at work: they log in, create, reassign and close tickets through the services' HTTP calls.",
        discussion: """
            A demo and a load generator. Needs auth and tracker serving, and their workers and relays, since the tracker
            learns of employees by events. OFFICE_EMAIL and OFFICE_PASSWORD are an admin's; the employees that are hired
            get the same password. Employees with other passwords are left alone.

            EXAMPLES
              popug office                                        a calm day without an end
              popug office --tickets 5000 --rate 500 --seed 7     a load test
              popug office --auth https://auth.example.com --tracker https://tracker.example.com
            """
    )

    @OptionGroup var options: ServiceOptions
    @Option(help: "Where auth is. Default: AUTH_ISSUER_URL, or http://127.0.0.1:8081.") var auth: String?
    @Option(help: "Where tracker is. Default: TRACKER_PORT on 127.0.0.1.") var tracker: String?
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
        let addresses = OfficeAddresses(
            auth: try auth ?? settings.require(.issuer).description,
            tracker: try tracker ?? "http://127.0.0.1:\(settings.require(Tracker.service.portSetting))"
        )
        let office = Office(
            addresses: addresses,
            people: OfficePeople(
                addresses: addresses,
                email: try settings.require(.officeEmail),
                password: try settings.require(.officePassword)
            ),
            plan: OfficePlan(tickets: tickets, rate: rate, people: people, reassignEvery: reassignEvery, seed: seed)
        )
        print("office: seed \(seed); hiring \(employees) employees")
        try await office.hire(employees)
        let day = ServiceGroupConfiguration.ServiceConfiguration(
            service: OfficeDay(office: office),
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        var configuration = ServiceGroupConfiguration(
            services: [day],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: settings.logger("popug.office")
        )
        configuration.maximumGracefulShutdownDuration = .seconds(25)
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
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
