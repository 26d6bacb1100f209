import Foundation

/// What a person is called in the records of operators who gives no other name.
package enum OperatorName {
    /// `USER@HOST`
    package static var ofThisUser: String { "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }
}
