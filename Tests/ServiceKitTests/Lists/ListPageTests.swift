import ServiceKit
import Testing

@Suite struct ListPageTests {
    private let list = Array(1...10)

    /// As a query finds them: one more than a page has, and backwards before a row.
    private func page(_ place: ListPlace<Int>, limit: Int) -> ListPage<Int, Int> {
        let rows =
            switch place {
            case .start: list.prefix(limit + 1)
            case .after(let row): list.filter { $0 > row }.prefix(limit + 1)
            case .before(let row): list.reversed().filter { $0 < row }.prefix(limit + 1)
            }
        return ListPage(Array(rows), at: place, limit: limit) { $0 }
    }

    @Test(arguments: 1...11) func goingToTheEndAndBackShowsEachRowOnceEachWay(_ limit: Int) {
        var forwards: [Int] = []
        var place: ListPlace<Int>? = .start
        var last: ListPlace<Int>?
        while let here = place {
            let page = page(here, limit: limit)
            forwards += page.items
            (place, last) = (page.next, page.previous)
        }
        #expect(forwards == list)
        var backwards: [Int] = []
        while let here = last {
            let page = page(here, limit: limit)
            #expect(page.items == page.items.sorted() && page.next != nil)
            backwards = page.items + backwards
            last = page.previous
        }
        #expect(backwards == list.dropLast(10 % limit == 0 ? min(limit, 10) : 10 % limit))
    }

    @Test func aPageWithoutRowsLeadsNowhere() {
        for place: ListPlace<Int> in [.start, .after(10), .before(1)] {
            let page = page(place, limit: place == .start ? 0 : 3)
            #expect(page.items.isEmpty && page.next == nil && page.previous == nil)
        }
    }
}
