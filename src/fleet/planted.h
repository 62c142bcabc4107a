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
  kAckBeforeSync,          // from disk, before the disk has it
  kCursorOffByOne,         // a link resumes one change too late
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
