import ArgumentParser
import OperatorSettings

extension SettingProblem {
    /// What the program ends with.
    var code: ExitCode {
        switch cause {
        case .commandLine: Console.usage
        case .settings: Console.unreadable
        }
    }
}
