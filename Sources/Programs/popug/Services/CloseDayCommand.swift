import Accounting
public import ArgumentParser
import Foundation
import Perch
import PopugEvents
public import Postgres
import ServiceKit

struct CloseDayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close-day",
        abstract: "Close a day and pay out what it leaves the accounts.",
        discussion: """
            Earlier days that are still open are closed first. A day that is closed already pays nobody: run it as often as
            you like, also after a crash. `popug accounting work` does the same by itself at PAYOUT_TIME.

            EXAMPLE
              popug accounting close-day --date 2026-11-22
            """
    )

    @OptionGroup var options: ServiceOptions
    @Option(help: "The day, as 2026-11-22; today or earlier. Default: yesterday, in PAYOUT_TIME_ZONE.")
    var date: CalendarDate?
    @Flag(help: "Print JSON: an array of days, the last is the one asked for.") var json = false

    func run() async throws {
        let settings = try options.settings()
        let database = Database(
            try settings.require(Accounting.service.databaseSetting),
            contract: try settings.contract(),
            size: 1
        )
        let payDay = PayDay(timeZone: try settings.require(.payoutTimeZone))
        let yesterday = try await payDay.yesterday(in: database)
        let closed = try await payDay.close(date ?? yesterday, in: database)
        await database.close()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            print(String(decoding: try encoder.encode(closed), as: UTF8.self))
        } else {
            for day in closed {
                print(
                    "\(day.day): closed; paid \(day.paid) \(day.paid == 1 ? "account" : "accounts"), \(day.total) in all"
                )
            }
        }
    }
}

extension CalendarDate: ExpressibleByArgument {
    /// Reads `2026-11-22`.
    public init?(argument: String) { self.init(argument) }
}
