import ArgumentParser
import Foundation
import Logging
import Perch
import ServiceLifecycle
import UnixSignals

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Everything on this machine: private servers, services, workers, and people at work.",
        discussion: """
            Starts a Redis and a Postgres of its own (data is kept in --directory and found again), makes the databases,
            roles and rights by ops/postgres and ops/redis, migrates, starts each service as a process (HTTP, relay
            and workers), adds a user of each role to log in as, and shows what flows. Ctrl-C stops all of it. Several can run side by side: give each a directory.

            EXAMPLES
              popug dev
              popug dev --directory /tmp/second --rate 50 --workers 2
              popug dev --no-office        servers and services only
              popug dev --cluster --tls    the same on a Redis Cluster, and all through TLS
            """
    )

    @Option(help: "Where data, logs and passwords are kept.") var directory = ".perch"
    @Option(help: "Port of the private Redis. Default: 6390, or a free one if that is taken.") var redisPort: Int?
    @Option(help: "Port of the private Postgres. Default: 5490, or a free one if that is taken.") var postgresPort: Int?
    @Option(help: "Port of auth; tracker, accounting and analytics have the next ones. Default: 8081, or free ones.")
    var httpPort: Int?
    @Option(help: "Port of the console. Default: 8080, or a free one if that is taken.") var consolePort: Int?
    @Option(
        help: ArgumentHelp(
            "Where browsers reach the programs, by a proxy of yours on this machine. Default: each at its port.",
            valueName: "https://PROGRAM.example.com"
        )
    )
    var publicURL: String?
    @Flag(help: "A Redis Cluster of three masters. It starts empty each time: the relays fill it from Postgres.")
    var cluster = false
    @Flag(help: "Redis and Postgres through TLS, with certificates for a day, which everybody verifies.")
    var tls = false
    @Option(help: "Worker threads of each service.") var workers = 1
    @Option(help: "Employees in the office.") var employees = 5
    @Option(help: "What the office does, in actions a second.") var rate = 2.0
    @Flag(inversion: .prefixedNo, help: "People at work.") var office = true
    @Option(help: "The folder of the contract. Default: STREAMS_DIR, or the nearest folder streams.") var streams:
        String?

    func validate() throws {
        if let publicURL {
            guard publicURL.contains("PROGRAM"), URL(string: publicURL)?.scheme == "https" else {
                throw ValidationError("--public-url takes https://… with PROGRAM in its host, got \(publicURL)")
            }
        }
        guard !(cluster || tls) || redisPort == nil else {
            throw ValidationError("--redis-port goes with neither --cluster nor --tls: they take free ports")
        }
    }

    func run() async throws {
        let site = try DevSite(directory: directory, streams: streams)
        print("dev: everything is kept in \(site.directory)")
        let servers = try DevServers(
            site: site,
            .init(
                redisPort: redisPort,
                postgresPort: postgresPort,
                httpPort: httpPort,
                consolePort: consolePort,
                publicURL: publicURL,
                isCluster: cluster,
                hasTLS: tls
            )
        )
        defer { servers.stop() }
        let environment = try servers.start()

        var plans = DevServers.services.map { service in
            ChildPlan(
                name: service,
                arguments: [service, "serve", "--workers", String(workers)],
                environment: environment.of(service: service)
            )
        }
        for plan in plans {
            print("dev: migrating \(plan.name)")
            try ChildProcess.runToEnd(
                [plan.name, "migrate"],
                environment.of(service: plan.name),
                log: site.log(plan.name)
            )
        }
        try servers.openViewsToAuditor()
        try await DevPeople.add(password: environment.password, to: environment.databaseURL("auth"))
        if office {
            plans.append(
                ChildPlan(
                    name: "office",
                    arguments: ["office", "--employees", String(employees), "--rate", String(rate)],
                    environment: environment.ofOffice
                )
            )
        }
        let context = DevContext(environment: environment, path: site.path("perch.yaml"))
        try context.write()
        print(environment.addresses, terminator: context.example)
        let console = try DevConsole.make(environment) { address in
            print("console   \(address)   what flows, who is behind, what failed; for admins\n")
        }
        let supervisor = Supervisor(plans: plans, site: site)
        let state = DevState(environment: environment)
        var logger = Logger(label: "popug.dev")
        logger.logLevel = .error
        try await ServiceGroup(
            services: [supervisor, console, state],
            stoppingWithin: StopDeadline.dev,
            logger: logger
        ).run()
        print("\ndev: stopped; start it again to go on where it was")
    }
}
