
/* bindgen does not make a constant of a macro that casts. */
static const gfp_t TCM_GFP_ATOMIC __maybe_unused = GFP_ATOMIC;
