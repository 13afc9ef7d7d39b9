//! SDK probe.
#[cfg(target_arch = "wasm32")]
mod probe {
    use wasm_bindgen::prelude::*;
    /// A handle.
    #[wasm_bindgen]
    pub struct Probe {
        n: u32,
    }
    #[wasm_bindgen]
    impl Probe {
        /// New.
        #[wasm_bindgen(constructor)]
        pub fn new() -> Probe {
            Probe { n: 1 }
        }
        /// Go.
        #[wasm_bindgen(js_name = goOn)]
        pub fn go_on(&self) -> js_sys::Promise {
            let n = self.n;
            wasm_bindgen_futures::future_to_promise(async move { Ok(JsValue::from(n)) })
        }
    }
}
