#pragma once

namespace herd::fleet {

// Faults planted on purpose, to see that the simulation finds them: a checker that finds nothing
// proves nothing. Only the simulation's own test build has them; elsewhere Planted is false,
// always.
enum class Fault {
  kNone,
  kForgetToForward,        // what came over the first link does not go on
  kApplyWithoutComparing,  // the last report counts, not the greatest
  kSkipTombstone,          // a link does not pass on what was forgotten
  kCursorOffByOne,         // a link resumes one change too late
  kForgetToSync,           // a sync is over when all is written
  kAckBeforeSync,          // who waits for a sync is answered when all is written
  kSyncByCursor,           // all is written once the cursor is past, though a row changed again
  kTrustFailedSync,        // what was written before an error is not written again
  kLoadNoTombstones,       // a start leaves out what was forgotten
};

#ifdef HERD_PLANTED_FAULTS
inline Fault planted_fault = Fault::kNone;
inline bool Planted(Fault fault) {
  return fault == planted_fault;
}
#else
constexpr bool Planted(Fault /*fault*/) {
  return false;
}
#endif

}  // namespace herd::fleet
