//! A module taken apart into parts of one kind each, for the compressor that a server runs over the text.
//!
//! In a module the operators and their operands alternate: a compressor sees a local's number, an offset, an address as
//! noise between two operators. Apart, each is among its like, and brotli needs an eighth less. What can be told from
//! the rest is left out: how long a body is, and how an access to memory is aligned, which wasm-opt has reset. Locals are told by how many
//! others were used since.
//!
//! | part | holds                                                                                                |
//! |------|------------------------------------------------------------------------------------------------------|
//! | 1    | the operators' first bytes; behind `call` whom; behind all others with operands how many bytes they have, and those |
//! | 2    | each local's place in a list, whose first is the one used last; at first they stand in order. Below 128: one byte |
//! | 3    | integer constants                                                                                     |
//! | 4    | offsets of loads and stores                                                                           |
//! | 5    | targets of branches, and of a table of them, behind their number                                      |
//! | 6    | types of blocks                                                                                       |
//! | 7    | how many functions there are, and each one's locals                                                   |
//! | 8    | what stands before the functions                                                                      |
//! | 9    | what follows them                                                                                     |
//!
//! Numbers are as in the module (LEB128).

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasmparser::{FunctionBody, Parser, Payload};

/// How many parts there are.
pub const PARTS: usize = 9;

const CODE: usize = 0;
const LOCALS: usize = 1;
const CONSTANTS: usize = 2;
const OFFSETS: usize = 3;
const TARGETS: usize = 4;
const BLOCKS: usize = 5;
const HEADS: usize = 6;
const START: usize = 7;
const TAIL: usize = 8;

/// The parts of a module. Fails when it has no functions, or more locals in one than the list is long, or when a load
/// says how it is aligned.
pub fn split(wasm: &[u8]) -> Result<[Vec<u8>; PARTS]> {
    let code = code(wasm)?;
    let mut parts = <[Vec<u8>; PARTS]>::default();
    let (start, tail) = (wasm.get(..=id_before(wasm, code.start)), wasm.get(code.end..));
    parts[START].extend(start.context("the code section has no id")?);
    parts[TAIL].extend(tail.context("the code section is too long")?);
    let bodies = bodies(wasm)?;
    number(&mut parts[HEADS], bodies.len() as u32);
    for body in bodies {
        let first = body.get_operators_reader()?.original_position() as usize;
        parts[HEADS].extend(&wasm[body.range().start as usize..first]);
        let mut list: Vec<u32> = (0..128).collect();
        for operator in operators(&body)? {
            let (op, operands) = (wasm[operator.start], &wasm[operator.start + 1..operator.end]);
            parts[CODE].push(op);
            match op {
                0x02..=0x04 => parts[BLOCKS].extend(operands),
                0x0c..=0x0e => parts[TARGETS].extend(operands),
                0x10 => parts[CODE].extend(operands),
                0x20..=0x22 => {
                    let place = list.iter().position(|local| *local == value(operands));
                    let place = place.context("a function has more than 128 locals")?;
                    list[..=place].rotate_right(1);
                    parts[LOCALS].push(place as u8);
                }
                0x28..=0x3e => {
                    ensure!(operands[0] == 0, "an access to memory says how it is aligned");
                    parts[OFFSETS].extend(&operands[1..]);
                }
                0x41 | 0x42 => parts[CONSTANTS].extend(operands),
                _ if operands.is_empty() => {}
                _ => {
                    parts[CODE].push(u8::try_from(operands.len())?);
                    parts[CODE].extend(operands);
                }
            }
        }
    }
    Ok(parts)
}

/// Where the id of the section stands whose contents begin there: before its length.
fn id_before(wasm: &[u8], contents: usize) -> usize {
    let mut at = contents - 2;
    while at > 0 && wasm[at] & 0x80 != 0 {
        at -= 1;
    }
    at
}

fn code(wasm: &[u8]) -> Result<Range<usize>> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionStart { unchecked_range, .. } = payload? {
            return Ok(unchecked_range.start as usize..unchecked_range.end as usize);
        }
    }
    anyhow::bail!("a module without functions was not expected")
}

fn bodies(wasm: &[u8]) -> Result<Vec<FunctionBody<'_>>> {
    let mut bodies = vec![];
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body);
        }
    }
    Ok(bodies)
}

/// Where each operator stands with its operands.
fn operators(body: &FunctionBody<'_>) -> Result<Vec<Range<usize>>> {
    let (mut reader, mut all) = (body.get_operators_reader()?, vec![]);
    while !reader.eof() {
        let start = reader.original_position() as usize;
        reader.read()?;
        all.push(start..reader.original_position() as usize);
    }
    Ok(all)
}

/// A number in LEB128; of at most 32 bits.
fn value(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 7 | u32::from(byte & 0x7f))
}

fn number(out: &mut Vec<u8>, mut value: u32) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        BlockType, CodeSection, Function, FunctionSection, Instruction, MemArg, MemArgTarget, Module,
        TypeSection, ValType,
    };

    use super::*;

    /// A module of one function, and a custom section.
    fn module(locals: &[(u32, ValType)], body: &[Instruction<'_>]) -> Vec<u8> {
        let mut function = Function::new(locals.iter().copied());
        body.iter().chain([&Instruction::End]).for_each(|instruction| {
            function.instruction(instruction);
        });
        let (mut types, mut list, mut code) =
            (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        list.function(0);
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&list).section(&code);
        let mut bytes = module.finish();
        bytes.extend([0, 2, 1, b'x']);
        bytes
    }

    fn example(align: u32) -> Vec<u8> {
        let body = [
            Instruction::Block(BlockType::Empty),
            Instruction::LocalGet(2),
            Instruction::LocalSet(2),
            Instruction::LocalGet(1),
            Instruction::I32Const(-1),
            Instruction::I32Load(MemArg {
                offset: 300,
                align,
                target: MemArgTarget::Memory(0),
                ordering: None,
            }),
            Instruction::BrTable([0, 1][..].into(), 1),
            Instruction::End,
            Instruction::Call(200),
            Instruction::MemoryFill(0),
        ];
        module(&[(2, ValType::I32), (1, ValType::I64)], &body)
    }

    #[test]
    fn operators_and_each_kind_of_operand_stand_apart() {
        let wasm = example(0);
        let [code, locals, constants, offsets, targets, blocks, heads, start, tail] = split(&wasm).unwrap();
        assert_eq!(
            code,
            [2, 0x20, 0x21, 0x20, 0x41, 0x28, 0x0e, 0x0b, 0x10, 0xc8, 1, 0xfc, 2, 11, 0, 0x0b],
            "behind `call` whom, and behind an operator without a part of its own how much belongs to it"
        );
        assert_eq!(
            locals,
            [2, 0, 2],
            "first the third, then the one used last, then the second, which was moved back"
        );
        assert_eq!(constants, [0x7f]);
        assert_eq!(offsets, [0xac, 2], "nothing of how it is aligned");
        assert_eq!(targets, [2, 0, 1, 1], "their number, each, and the one for all others");
        assert_eq!(blocks, [0x40]);
        assert_eq!(heads, [1, 2, 2, 0x7f, 1, 0x7e]);
        assert_eq!(start, wasm[..start.len()]);
        assert_eq!(start.last(), Some(&10), "the id of the section whose length is left out");
        assert_eq!(tail, [0, 2, 1, b'x']);
    }

    #[test]
    fn an_access_that_says_how_it_is_aligned_is_refused() {
        assert!(split(&example(2)).is_err());
    }

    #[test]
    fn a_function_with_more_locals_than_the_list_is_refused() {
        let body = |locals| {
            module(&[(locals, ValType::I32)], &[Instruction::LocalGet(locals - 1), Instruction::Drop])
        };
        assert_eq!(split(&body(128)).unwrap()[LOCALS], [127]);
        assert!(split(&body(129)).is_err());
    }
}
