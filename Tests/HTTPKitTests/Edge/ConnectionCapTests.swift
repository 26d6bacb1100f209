import HTTPKit
import Testing

@Suite struct ConnectionCapTests {
    @Test func theCapCountsAndLeavesDescriptorsForTheRest() {
        var cap = ConnectionCap(limit: 2, logger: .silent)
        cap.connectionOpened()
        #expect(cap.isAcceptingNewConnections())
        cap.connectionOpened()
        #expect(!cap.isAcceptingNewConnections())
        cap.connectionClosed()
        #expect(cap.isAcceptingNewConnections())
        #expect(ConnectionCap.limit(wanted: 4096, descriptors: 65_536) == 4096)
        #expect(ConnectionCap.limit(wanted: 4096, descriptors: 1024) == 768)
        #expect(ConnectionCap.limit(wanted: 4096, descriptors: 80) == 40)
        #expect(ConnectionCap.limit(wanted: 10, descriptors: 1024) == 10)
    }
}
