import Perch
import PerchDocuments
import Testing

@testable import PerchCLI
@testable import PerchOperating

/// Tables as people see them, at several widths.
struct TableTests {
    private var table: Table {
        var table = Table([
            .init(header: "TOPIC"), .init(header: "OWNER", dispensable: 2),
            .init(header: "LAG", isRight: true), .init(header: "NOTE", dispensable: 1, isCuttable: true),
        ])
        table.add([Table.Cell("tickets", .name), "tracker", "1,200", "behind since the deploy of this morning"])
        table.add(["users", "auth", Table.Cell("0", .good), "-"])
        return table
    }

    @Test func columnsAreAlignedAndNumbersEndTogether() {
        #expect(
            table.text(Screen(width: nil)) == """
                TOPIC    OWNER      LAG  NOTE
                tickets  tracker  1,200  behind since the deploy of this morning
                users    auth         0  -

                """
        )
    }

    @Test func whatMayBeCutIsAndThenTheLeastImportantColumnIsLeftOut() {
        #expect(
            table.text(Screen(width: 56)) == """
                TOPIC    OWNER      LAG  NOTE
                tickets  tracker  1,200  behind since the deploy of thi…
                users    auth         0  -

                """
        )
        #expect(
            table.text(Screen(width: 30)) == """
                TOPIC      LAG  NOTE
                tickets  1,200  behind since …
                users        0  -

                """
        )
        #expect(
            table.text(Screen(width: 20)) == """
                TOPIC      LAG
                tickets  1,200
                users        0

                """
        )
    }

    @Test func aCuttableColumnThatIsNeededEndsWithDots() {
        var table = Table([.init(header: "ID"), .init(header: "ERROR", isCuttable: true)])
        table.add(["1-1", "connection refused"])
        #expect(table.text(Screen(width: 17)) == "ID   ERROR\n1-1  connection …\n")
    }

    @Test func coloursStandAroundTheTextAndMoveNothing() {
        let plain = table.text(Screen(width: 80))
        let coloured = table.text(Screen(width: 80, hasColour: true))
        #expect(coloured.text.contains("\u{1B}[36mtickets\u{1B}[0m"))
        #expect(coloured.text.replacing(/\u{1B}\[[0-9]+m/, with: "") == plain.text)
    }

    @Test func noLineIsWiderThanTheTerminal() {
        for width in [80, 140] {
            var lines: [Substring] = []
            lines += GroupsTable.text(Samples.groups, Screen(width: width)).text.split(separator: "\n")
            lines += GroupsTable.description(of: Samples.groups[0], Screen(width: width)).text.split(separator: "\n")
            lines += PendingTable.text(Samples.pending, Screen(width: width)).text.split(separator: "\n")
            lines += WorkersTable.text(Samples.workers, Screen(width: width)).text.split(separator: "\n")
            #expect(lines.count > 10)
            for line in lines { #expect(line.count <= width, "\(line)") }
        }
    }

    @Test func aLimitAndThatItIsWaitedForIsTold() throws {
        let limit = WorkLimit("bank", perSecond: 50, atATime: 4)
        let waiting = Samples.group(limit: DeclaredLimit(limit: limit, isWaitedFor: true))
        let idle = Samples.group(limit: DeclaredLimit(limit: limit, isWaitedFor: false))
        let screen = Screen(width: 140)
        #expect(GroupsTable.text([waiting], screen).text.contains("at its limit"))
        #expect(GroupsTable.text([idle], screen).text.contains("running"))
        let described = GroupsTable.description(of: waiting, screen).text
        #expect(described.contains("at most 50 a second and 4 at a time (bank)"), "\(described)")
        let document = try JSONOutput.shown(GroupsDocument([waiting], [])).text
        #expect(
            document.contains(#""is_waited_for" : true"#) || document.contains(#""is_waited_for":true"#),
            "\(document)"
        )
    }

    @Test func workersAtEightyAndAHundredAndFortyColumns() {
        #expect(
            WorkersTable.text(Samples.workers, Screen(width: 80)) == """
                GROUP     HOST:PID                      BEAT  HOLDS  PARTITIONS
                shipping  a-rather-long-host-name:4711  0.2s      4  orders:0 orders:1 orders:2…
                shipping  other:12                       12s      0

                """
        )
        #expect(
            WorkersTable.text(Samples.workers, Screen(width: 140)) == """
                GROUP     WORKER    HOST:PID                      STARTED                   BEAT  HOLDS  PARTITIONS
                shipping  worker-1  a-rather-long-host-name:4711  2023-11-14T22:13:20.000Z  0.2s      4  orders:0 orders:1 orders:2 orders:3
                shipping  worker-2  other:12                      2023-11-14T22:13:20.000Z   12s      0

                """
        )
    }

    @Test func numbersAndAgesAreShort() {
        #expect(
            [0, 999, 1000, 1_234_567, -1200].map { Format.count($0) } == ["0", "999", "1,000", "1,234,567", "-1,200"]
        )
        #expect(Format.count(nil as Int?) == "-")
        let ages: [Duration] = [
            .zero, .milliseconds(40), .milliseconds(1250), .seconds(59), .seconds(200), .seconds(7200),
            .seconds(93_600),
        ]
        #expect(ages.map { Format.age($0) } == ["0s", "0.1s", "1.2s", "59s", "3m 20s", "2h", "1d 2h"])
        #expect([0, 0.25, 12.4, 1500].map { Format.rate($0) } == ["0", "0.2", "12", "1,500"])
    }

    @Test func dataIsShownAMemberALine() {
        #expect(
            Format.pretty(Array(#"{"a":"x, {y}: \"z\"","b":[1,2]}"#.utf8))
                == "{\n  \"a\": \"x, {y}: \\\"z\\\"\",\n  \"b\": [\n    1,\n    2\n  ]\n}"
        )
    }
}
