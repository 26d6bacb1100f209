package import Foundation
import Perch

/// Delayed events that are taken back, as JSON.
package struct DelayCancelDocument: Encodable {
    let ids: [String]
    let isDone: Bool

    package init(_ ids: [UUID], isDone: Bool) { (self.ids, self.isDone) = (ids.map(\.text), isDone) }
}
