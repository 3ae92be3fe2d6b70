//! `tailspot._fast`: one value at a time without the cost of ctypes.
//!
//! It holds no algorithm and does not link to the engine. A `Bound` (of a detector) or a `BoundPool` calls the functions
//! that ctypes found in the shared library, and it does so under the GIL, without letting go of it: while `armed` is the address of a detector, no other
//! thread is inside a call on that detector. `_handle.py` sets `armed` to 0 before it calls the library without the GIL,
//! and for ever when the detector is closed. What this path does not take goes to the method `step_slowly`, which takes
//! the lock, converts with care, and finds the words for what is wrong.

use std::ffi::{CStr, c_int, c_void};
use std::mem::{offset_of, transmute};
use std::ptr::null_mut;

use pyo3_ffi::*;

type Step = unsafe extern "C" fn(detector: *mut c_void, value: f64) -> i32;
type StepOfKey = unsafe extern "C" fn(pool: *mut c_void, key: u64, value: f64) -> i32;
type Verdict = unsafe extern "C" fn(*mut c_void, u64, f64, *mut f64, *mut f64) -> i32;

/// A detector, or a pool.
#[repr(C)]
struct Bound {
    base: PyObject,
    /// Of a detector: `tailspot_step`. Of a pool: `tailspot_pool_step` and `tailspot_pool_verdict`. 0 before `bind`.
    functions: [usize; 2],
    /// The events with the codes from -2 to 5, owned; NULL before `bind`.
    events: [*mut PyObject; 8],
    /// The address of what is bound, or 0: not now.
    armed: u64,
}

/// The number that an object is, if it is an int or a float, and none too large.
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

unsafe extern "C" fn step(me: *mut PyObject, x: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by Python with the GIL, a Bound and an object. Converting may run any Python code, so `armed` is
    // read after it; between that and the return of `step` no Python code runs.
    unsafe {
        if let Some(value) = value_of(x) {
            let bound = &*me.cast::<Bound>();
            if let (Some(step), true) =
                (transmute::<usize, Option<Step>>(bound.functions[0]), bound.armed != 0)
            {
                let event = bound.event(step(bound.armed as *mut c_void, value));
                if !event.is_null() {
                    return event;
                }
            }
        }
        let name = PyUnicode_FromString(c"step_slowly".as_ptr());
        let event = PyObject_CallMethodObjArgs(me, name, x, null_mut::<PyObject>());
        Py_DECREF(name);
        event
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
                (transmute::<usize, Option<StepOfKey>>(bound.functions[0]), bound.armed != 0)
            {
                let event = bound.event(step(bound.armed as *mut c_void, key, value));
                if !event.is_null() {
                    return event;
                }
            }
        }
        slowly(me, c"step_slowly", args)
    }
}

/// The event, and None; of an alert a tuple with its threshold and its probability.
unsafe extern "C" fn verdict(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    // SAFETY: as in `step_of_key`.
    unsafe {
        if let Some((key, value)) = pair(args) {
            let bound = &*me.cast::<Bound>();
            if let (Some(verdict), true) =
                (transmute::<usize, Option<Verdict>>(bound.functions[1]), bound.armed != 0)
            {
                let (mut threshold, mut probability) = (f64::NAN, f64::NAN);
                let pool = bound.armed as *mut c_void;
                let code = verdict(pool, key, value, &mut threshold, &mut probability);
                let event = bound.event(code);
                if code.abs() == 1 && !event.is_null() {
                    return Py_BuildValue(c"(Ndd)".as_ptr(), event, threshold, probability);
                }
                if !event.is_null() {
                    Py_DECREF(event);
                    Py_INCREF(Py_None());
                    return Py_None();
                }
            }
        }
        slowly(me, c"verdict_slowly", args)
    }
}

/// `bind(address of tailspot_step, tuple of the eight events)`, once; of a pool with two addresses.
unsafe extern "C" fn bind(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    let (mut functions, mut events) = ([0_u64; 2], null_mut::<PyObject>());
    // SAFETY: called by Python with the GIL, a Bound and a tuple.
    unsafe {
        let tuple = &raw mut PyTuple_Type;
        let [first, second] = functions.each_mut().map(|place| place as *mut u64);
        let is_read = match PyTuple_Size(args) {
            3 => PyArg_ParseTuple(args, c"KKO!".as_ptr(), first, second, tuple, &raw mut events),
            _ => PyArg_ParseTuple(args, c"KO!".as_ptr(), first, tuple, &raw mut events),
        };
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
    // What the slots point to is copied, or lives as long as the program: the type points to its methods for ever.
    let methods = methods.leak();
    let members = Box::leak(Box::new([
        PyMemberDef {
            name: c"armed".as_ptr(),
            type_code: Py_T_ULONGLONG,
            offset: offset_of!(Bound, armed) as Py_ssize_t,
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
    let told = c"verdict($self, key, x, /)\n--\n\nThe same; of an alert its event, threshold and probability.";
    let bind = || method(c"bind", bind, METH_VARARGS, c"bind($self, *functions, events)\n--\n\n");
    let of_spot = vec![method(c"step", step, METH_O, one), bind(), PyMethodDef::zeroed()];
    let of_pool = vec![
        method(c"step", step_of_key, METH_VARARGS, of_key),
        method(c"verdict", verdict, METH_VARARGS, told),
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
