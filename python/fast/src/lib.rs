//! `tailspot._fast`: one value at a time without the cost of ctypes.
//!
//! It holds no algorithm and does not link to the engine. A `Bound` (of a detector) or a `BoundPool` calls the functions
//! that ctypes found in the shared library, and keeps the GIL during the call: while `fast_pointer` is the address of a
//! detector, no other thread is inside a call on that detector. `_handle.py` sets `fast_pointer` to 0 before it calls the
//! library without the GIL, and finally when the detector is closed. What this path does not take goes to the methods
//! `step_slowly` and `alert_slowly`, which take the lock, convert with care, and explain what is wrong.

use std::ffi::{CStr, c_int, c_void};
use std::mem::{offset_of, transmute};
use std::ptr::null_mut;

use pyo3_ffi::*;

type Step = unsafe extern "C" fn(detector: *mut c_void, value: f64) -> i32;
type StepOfKey = unsafe extern "C" fn(pool: *mut c_void, key: u64, value: f64) -> i32;
type Verdict =
    unsafe extern "C" fn(*mut c_void, f64, upper: *mut f64, lower: *mut f64, p: *mut f64) -> i32;
type VerdictOfKey = unsafe extern "C" fn(
    *mut c_void,
    key: u64,
    f64,
    upper: *mut f64,
    lower: *mut f64,
    p: *mut f64,
) -> i32;

/// A detector, or a pool.
#[repr(C)]
struct Bound {
    base: PyObject,
    /// `tailspot_step` and `tailspot_verdict`; of a pool `tailspot_pool_step` and `tailspot_pool_verdict`. 0 before `bind`.
    functions: [usize; 2],
    /// The events with the codes from -2 to 5, owned; NULL before `bind`.
    events: [*mut PyObject; 8],
    /// The address of what is bound, or 0 if the fast path may not be used now.
    fast_pointer: u64,
}

/// The number that an object is, if it is an int or a float that fits.
///
/// # Safety
///
/// The GIL is held, `x` is an object.
unsafe fn value_of(x: *mut PyObject) -> Option<f64> {
    // SAFETY: promised by the caller.
    unsafe {
        if PyFloat_Check(x) == 0 && PyLong_Check(x) == 0 {
            return None;
        }
        let value = PyFloat_AsDouble(x);
        if value == -1.0 && !PyErr_Occurred().is_null() {
            PyErr_Clear();
            return None;
        }
        Some(value)
    }
}

/// The key that an object is, if it is an int from 0 to 2^64 - 1.
///
/// # Safety
///
/// As for `value_of`.
unsafe fn key_of(key: *mut PyObject) -> Option<u64> {
    // SAFETY: promised by the caller.
    unsafe {
        if PyLong_Check(key) == 0 {
            return None;
        }
        let number = PyLong_AsUnsignedLongLong(key);
        if number == u64::MAX && !PyErr_Occurred().is_null() {
            PyErr_Clear();
            return None;
        }
        Some(number)
    }
}

impl Bound {
    /// The event of a code, a new reference; NULL if it is none.
    ///
    /// # Safety
    ///
    /// The GIL is held, and `bind` was called.
    unsafe fn event(&self, code: i32) -> *mut PyObject {
        let event = self.events.get((code + 2) as usize).copied().unwrap_or(null_mut());
        // SAFETY: promised by the caller; NULL is fine.
        unsafe { Py_XINCREF(event) };
        event
    }
}

/// What the fast way does not take.
///
/// # Safety
///
/// The GIL is held; `me` and `args` are objects, a Bound and a tuple.
unsafe fn slowly(me: *mut PyObject, method: &CStr, args: *mut PyObject) -> *mut PyObject {
    // SAFETY: promised by the caller.
    unsafe {
        let method = PyObject_GetAttrString(me, method.as_ptr());
        if method.is_null() {
            return null_mut();
        }
        let answer = PyObject_CallObject(method, args);
        Py_DECREF(method);
        answer
    }
}

/// Calls a method of `me` with one argument: what the fast way does not take.
///
/// # Safety
///
/// The GIL is held; `me` is a Bound, `x` an object.
unsafe fn slowly_one(me: *mut PyObject, method: &CStr, x: *mut PyObject) -> *mut PyObject {
    // SAFETY: promised by the caller.
    unsafe {
        let name = PyUnicode_FromString(method.as_ptr());
        let answer = PyObject_CallMethodObjArgs(me, name, x, null_mut::<PyObject>());
        Py_DECREF(name);
        answer
    }
}

/// None, or of an alert a tuple of its event, its threshold and its probability; NULL for a code that is not an event.
///
/// # Safety
///
/// The GIL is held, and `bind` was called.
unsafe fn alert_of(bound: &Bound, code: i32, [upper, lower, p]: [f64; 3]) -> *mut PyObject {
    // SAFETY: promised by the caller.
    unsafe {
        let event = bound.event(code);
        if event.is_null() {
            return null_mut();
        }
        if code.abs() == 1 {
            let threshold = if code == 1 { upper } else { lower };
            return Py_BuildValue(c"(Ndd)".as_ptr(), event, threshold, p);
        }
        Py_DECREF(event);
        Py_INCREF(Py_None());
        Py_None()
    }
}

unsafe extern "C" fn step(me: *mut PyObject, x: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by Python with the GIL, a Bound and an object. Converting may run any Python code, so
    // `fast_pointer` is read after it; between that and the return of `step` no Python code runs.
    unsafe {
        if let Some(value) = value_of(x) {
            let bound = &*me.cast::<Bound>();
            if let (Some(step), true) =
                (transmute::<usize, Option<Step>>(bound.functions[0]), bound.fast_pointer != 0)
            {
                let event = bound.event(step(bound.fast_pointer as *mut c_void, value));
                if !event.is_null() {
                    return event;
                }
            }
        }
        slowly_one(me, c"step_slowly", x)
    }
}

unsafe extern "C" fn alert(me: *mut PyObject, x: *mut PyObject) -> *mut PyObject {
    // SAFETY: as in `step`.
    unsafe {
        if let Some(value) = value_of(x) {
            let bound = &*me.cast::<Bound>();
            if let (Some(verdict), true) =
                (transmute::<usize, Option<Verdict>>(bound.functions[1]), bound.fast_pointer != 0)
            {
                let mut answers = [f64::NAN; 3];
                let [upper, lower, p] = answers.each_mut().map(|place| place as *mut f64);
                let code = verdict(bound.fast_pointer as *mut c_void, value, upper, lower, p);
                let answer = alert_of(bound, code, answers);
                if !answer.is_null() || !PyErr_Occurred().is_null() {
                    return answer;
                }
            }
        }
        slowly_one(me, c"alert_slowly", x)
    }
}

/// The key and the value of two arguments, if they are what the fast way takes.
///
/// # Safety
///
/// The GIL is held, `args` is a tuple.
unsafe fn pair(args: *mut PyObject) -> Option<(u64, f64)> {
    // SAFETY: promised by the caller.
    unsafe {
        if PyTuple_Size(args) != 2 {
            return None;
        }
        let value = value_of(PyTuple_GetItem(args, 1))?;
        Some((key_of(PyTuple_GetItem(args, 0))?, value))
    }
}

unsafe extern "C" fn step_of_key(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    // SAFETY: as in `step`, with a tuple.
    unsafe {
        if let Some((key, value)) = pair(args) {
            let bound = &*me.cast::<Bound>();
            if let (Some(step), true) =
                (transmute::<usize, Option<StepOfKey>>(bound.functions[0]), bound.fast_pointer != 0)
            {
                let event = bound.event(step(bound.fast_pointer as *mut c_void, key, value));
                if !event.is_null() {
                    return event;
                }
            }
        }
        slowly(me, c"step_slowly", args)
    }
}

unsafe extern "C" fn alert_of_key(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    // SAFETY: as in `step_of_key`.
    unsafe {
        if let Some((key, value)) = pair(args) {
            let bound = &*me.cast::<Bound>();
            let function = transmute::<usize, Option<VerdictOfKey>>(bound.functions[1]);
            if let (Some(verdict), true) = (function, bound.fast_pointer != 0) {
                let mut answers = [f64::NAN; 3];
                let [upper, lower, p] = answers.each_mut().map(|place| place as *mut f64);
                let code = verdict(bound.fast_pointer as *mut c_void, key, value, upper, lower, p);
                let answer = alert_of(bound, code, answers);
                if !answer.is_null() || !PyErr_Occurred().is_null() {
                    return answer;
                }
            }
        }
        slowly(me, c"alert_slowly", args)
    }
}

/// `bind(address of the step, address of the verdict, tuple of the eight events)`, once.
unsafe extern "C" fn bind(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    let (mut functions, mut events) = ([0_u64; 2], null_mut::<PyObject>());
    // SAFETY: called by Python with the GIL, a Bound and a tuple.
    unsafe {
        let tuple = &raw mut PyTuple_Type;
        let [first, second] = functions.each_mut().map(|place| place as *mut u64);
        let is_read =
            PyArg_ParseTuple(args, c"KKO!".as_ptr(), first, second, tuple, &raw mut events);
        if is_read == 0 {
            return null_mut();
        }
        let bound = me.cast::<Bound>();
        if PyTuple_Size(events) != 8 || (*bound).functions[0] != 0 {
            PyErr_SetString(PyExc_ValueError, c"bind takes eight events, once".as_ptr());
            return null_mut();
        }
        for i in 0..8 {
            let event = PyTuple_GetItem(events, i);
            Py_INCREF(event);
            (*bound).events[i as usize] = event;
        }
        (*bound).functions = functions.map(|address| address as usize);
        Py_INCREF(Py_None());
        Py_None()
    }
}

unsafe extern "C" fn dealloc(me: *mut PyObject) {
    // SAFETY: called by Python for the last reference. An instance of a heap type owns a reference to its type.
    unsafe {
        let kind = Py_TYPE(me);
        for event in (*me.cast::<Bound>()).events {
            Py_XDECREF(event);
        }
        let free = transmute::<*mut c_void, freefunc>(PyType_GetSlot(kind, Py_tp_free));
        free(me.cast());
        Py_DECREF(kind.cast());
    }
}

fn method(
    name: &'static CStr,
    function: PyCFunction,
    flags: c_int,
    doc: &'static CStr,
) -> PyMethodDef {
    PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: function },
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    }
}

/// Adds a type with these methods to the module.
///
/// # Safety
///
/// The GIL is held; `name` begins with "tailspot._fast.".
unsafe fn add(module: *mut PyObject, name: &'static CStr, methods: Vec<PyMethodDef>) -> bool {
    // What the slots point to is copied, or lives as long as the program: the type points to its methods.
    let methods = methods.leak();
    let members = Box::leak(Box::new([
        PyMemberDef {
            name: c"fast_pointer".as_ptr(),
            type_code: Py_T_ULONGLONG,
            offset: offset_of!(Bound, fast_pointer) as Py_ssize_t,
            ..PyMemberDef::default()
        },
        PyMemberDef::default(),
    ]));
    let mut slots = [
        PyType_Slot { slot: Py_tp_dealloc, pfunc: dealloc as *mut c_void },
        PyType_Slot { slot: Py_tp_methods, pfunc: methods.as_mut_ptr().cast() },
        PyType_Slot { slot: Py_tp_members, pfunc: members.as_mut_ptr().cast() },
        PyType_Slot::default(),
    ];
    let mut spec = PyType_Spec {
        name: name.as_ptr(),
        basicsize: size_of::<Bound>() as c_int,
        itemsize: 0,
        flags: (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE) as u32,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: promised by the caller.
    unsafe {
        let bound = PyType_FromSpec(&raw mut spec);
        let short = name.as_ptr().add(c"tailspot._fast.".count_bytes());
        if bound.is_null() || PyModule_AddObject(module, short, bound) != 0 {
            Py_XDECREF(bound);
            return false;
        }
        true
    }
}

unsafe extern "C" fn fill(module: *mut PyObject) -> c_int {
    let one = c"step($self, x, /)\n--\n\nJudges one value, and learns from it.";
    let of_key = c"step($self, key, x, /)\n--\n\nJudges one value of a key, and learns from it.";
    let alerts = c"alert($self, x, /)\n--\n\nThe same; of an alert its event, threshold and probability, else None.";
    let alerts_of_key =
        c"alert($self, key, x, /)\n--\n\nThe same; of an alert its event, threshold and probability, else None.";
    let bind =
        || method(c"bind", bind, METH_VARARGS, c"bind($self, step, verdict, events)\n--\n\n");
    let of_spot = vec![
        method(c"step", step, METH_O, one),
        method(c"alert", alert, METH_O, alerts),
        bind(),
        PyMethodDef::zeroed(),
    ];
    let of_pool = vec![
        method(c"step", step_of_key, METH_VARARGS, of_key),
        method(c"alert", alert_of_key, METH_VARARGS, alerts_of_key),
        bind(),
        PyMethodDef::zeroed(),
    ];
    // SAFETY: called by Python with the GIL.
    let is_filled = unsafe {
        add(module, c"tailspot._fast.Bound", of_spot)
            && add(module, c"tailspot._fast.BoundPool", of_pool)
    };
    if is_filled { 0 } else { -1 }
}

/// What Python calls to import the module.
#[unsafe(no_mangle)]
pub extern "C" fn PyInit__fast() -> *mut PyObject {
    let slots = Box::leak(Box::new([
        PyModuleDef_Slot { slot: Py_mod_exec, value: fill as *mut c_void },
        PyModuleDef_Slot { slot: 0, value: null_mut() },
    ]));
    let definition = Box::leak(Box::new(PyModuleDef {
        m_base: PyModuleDef_HEAD_INIT,
        m_name: c"_fast".as_ptr(),
        m_doc: null_mut(),
        m_size: 0,
        m_methods: null_mut(),
        m_slots: slots.as_mut_ptr(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }));
    // SAFETY: the definition lives as long as the program.
    unsafe { PyModuleDef_Init(definition) }
}
