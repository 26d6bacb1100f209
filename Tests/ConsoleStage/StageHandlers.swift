import Perch
import Postgres

/// Ships, but for orders that it never can, and those that it cannot now.
struct Ship: EventHandler {
    func handle(_ event: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        switch event.amount % 40 {
        case 7:
            throw HandlerVerdict.reject("order \(event.order): the amount \(event.amount) is below the least of 100")
        case 19: throw HandlerVerdict.reject("<script>alert(1)</script> & \"quoted\" \u{202E}gnp.exe")
        case 23: throw StockError(description: "warehouse 17 does not answer after 3000 ms")
        default: return
        }
    }
}

/// Writes an invoice for each order.
struct WriteInvoice: EventHandler {
    func handle(_ event: OrderPlaced, _ delivery: Delivery, in tx: borrowing Transaction) throws {
        try tx.publish(InvoiceWritten(invoice: "inv-\(event.order)", customer: event.customer, amount: event.amount))
    }
}

/// Mails invoices.
struct MailInvoice: EventHandler {
    func handle(_ event: InvoiceWritten, _ delivery: Delivery, in tx: borrowing Transaction) throws {}
}

struct StockError: Error, CustomStringConvertible { let description: String }
