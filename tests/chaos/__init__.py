"""The proof that nothing is paid twice: buyers are killed, raced, stopped, cut off and given wrong clocks.

What was charged is always read from the studio's own books, and what is in the bucket past the program.

- `test_kill`: a buyer of four purchases is killed with SIGKILL at every fault point, at random moments, when everything
  is charged and no reply has left, and in the middle of putting a file. Run again, each order is charged once, every
  clip is in the bucket byte for byte, everything is settled, and no reservation, lease, scratch file, half a file or
  open upload is left. With each kind of provider: one that can be asked by reference and key, by one of them, by its
  list, or not at all; then somebody says from the books what became of it.
- `test_many`: sixteen processes that want the same plan pay for it once. Sixteen under one cap spend it to the last
  clip and no further. Eight never have more jobs under way than the provider allows; a killed one leaks no place.
- `test_suspend`: a process that is stopped, loses its leases to another one and goes on sends nothing twice.
- `test_wire`: every fault of a connection has one outcome, one state and one sum.
- `test_races`: two who buy the same at once, orders that arrive late, and clocks that are set.
- `test_hints`: what a callback says hurries a question and is never believed.

`make chaos` kills 200 times, on all combinations of ledger, bucket and provider. CALLSHEET_CHAOS_SEED chooses other
moments; a failure prints the seed.
"""
