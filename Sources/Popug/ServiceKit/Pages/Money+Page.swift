package import Foundation
package import PageKit
package import PopugEvents

extension Money {
    /// As pages write it: `1,234.50`, `−12.40`. There is no currency in the contract.
    package var pageText: String { NumberText.amount(amount) }

    /// For a chart.
    package var amount: Decimal {
        Decimal(sign: cents < 0 ? .minus : .plus, exponent: -2, significand: Decimal(cents.magnitude))
    }

    /// The same for a cell or a number that matters.
    package var cell: CellValue { .text(pageText) }
}
