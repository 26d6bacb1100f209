import Foundation
import NIOCore

/// Whether a server could not start because somebody else has its port.
package func isPortTaken(_ error: any Error) -> Bool { (error as? IOError)?.errnoCode == EADDRINUSE }
