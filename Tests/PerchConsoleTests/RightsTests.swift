import PerchConsole
import Testing

@Suite struct RightsTests {
    @Test func eachRoleMayAllThatTheOneBeforeItMay() {
        for right in Right.allCases {
            let may = Role.allCases.map { Viewer(session: "s", name: "ann", role: $0).may(right) }
            #expect(may == may.sorted { !$0 && $1 })
        }
    }
}
