
/* bindgen does not make a constant of a macro that casts. */
static const gfp_t RUST_CONST_HELPER_GFP_ATOMIC __maybe_unused = GFP_ATOMIC;
